export { createAuthClient } from './auth-client.js';
export { answerOf, AuthClientError } from './error.js';
export type { AuthClient } from './auth-client.js';
export type { ClientEvents, Session } from './events.js';
export type { AuthClientOptions, CallOptions } from './options.js';
export type { LoginResult, RefreshResult } from './results.js';
export { memoryStore } from './token-store.js';
export type { StoredTokens, TokenStore } from './token-store.js';
export type {
  SecondFactorDue,
  SecondFactorMethod,
  TokenDelivery,
  UserBody,
} from '../../auth/src/contract/index.js';
