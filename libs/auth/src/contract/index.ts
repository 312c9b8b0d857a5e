export type { AuthErrorCode, AuthErrorReason, ErrorBody } from './error-codes.js';
export { TOKEN_DELIVERIES } from './wire.js';
export type {
  FactorBody,
  IdentityBody,
  ApiKeyBody,
  CreatedApiKeyBody,
  LoginAnswer,
  LoginBody,
  MeBody,
  SecondFactorDue,
  SecondFactorMethod,
  SessionBody,
  TokenBody,
  TokenDelivery,
  UserBody,
} from './wire.js';
export {
  ACCESS_TOKEN_TYPE,
  DEFAULT_ACCESS_COOKIE,
  DEFAULT_DEVICE_COOKIE,
  DEFAULT_REFRESH_COOKIE,
  OIDC_COOKIE,
  DEFAULT_ROUTE_PREFIX,
  DISCOVERY_PATHS,
  JWKS_PATH,
  RESOURCE_METADATA_PATH,
} from './names.js';
