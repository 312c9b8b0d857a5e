export { pageAddress, toAccountOptions, toAuthOptions } from './auth-options.js';
export { readConfig, type DemoConfig, type TrustProxy } from './demo-config.js';
export type { KeySourceSettings } from './read-key-source.js';
export { processEnvironment } from './environment.js';
export { startFailureLine } from './start-failure.js';
export type { FactorSettings } from './read-factors.js';
export type { ProviderSettings } from './read-providers.js';
