export { toAuthOptions } from './auth-options.js';
export { readConfig, type DemoConfig, type TrustProxy } from './demo-config.js';
export type { KeySourceSettings } from './read-key-source.js';
export { processEnvironment, type Environment } from './environment.js';
export { StartError } from '../../../../tools/embedded-postgres/start-error.js';
export { startFailureLine } from './start-failure.js';
