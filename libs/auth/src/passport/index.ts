export { JwtStrategy } from './jwt.strategy.js';
export { TokenwardPassportModule } from './passport.module.js';
export type { TokenwardPassportOptions } from './passport.module.js';
