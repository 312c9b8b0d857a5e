/**
 * `@tokenward/nestjs/storage`: the ports, for hosts with their own stores, and the plain data that passes through them.
 */
export type { AuthRedis, AuthStorage } from './auth-storage.js';

// sessions
export { SessionStore } from './session-store.port.js';
export type {
  Alongside,
  Authority,
  Ended,
  EndOneOptions,
  OpenOutcome,
  Removal,
  Replacement,
  ReplaceOutcome,
  ReuseOutcome,
  RotateOutcome,
  Rotation,
} from './session-store.port.js';
export type {
  NewSession,
  RotationCause,
  Session,
  SessionBinding,
  SessionSnapshot,
  SessionState,
} from './session.js';
export type { StoreChange } from './store-change.js';
export type { EndReason } from './end-reason.js';
export type { ActedBy } from './store-change.js';
export type { HostTransaction } from './sql-transaction.port.js';
export { SqlTransaction, transactionRefused } from './sql-transaction.port.js';
export type { HostWork, SqlParameter, SqlRow } from './sql-transaction.port.js';
export { SubjectReader } from './subject-reader.port.js';
export type { SubjectState, UserFacts } from './subject.js';
export { RefreshSecretsStore } from './refresh-secrets.port.js';
export type { ClientContext } from '../common/principal.js';

// revocation
export { RevocationLedgerStore } from './revocation-ledger.port.js';
export type { LedgerHistory, LedgerPosition, LedgerRead } from './revocation-ledger.port.js';
export type { LedgerEntry, RevocableToken } from './ledger-entry.js';
export { RevocationFeedBus } from './revocation-feed.port.js';
export type {
  AppendOutcome,
  FeedAnswer,
  FeedHead,
  FeedItem,
  FeedReply,
  Heartbeat,
  LookupOptions,
} from './revocation-feed.port.js';

// proofs of clients that hold a key
export { ProofReplays } from './proof-replays.port.js';
export type { ProofUse, ProofVerdict } from './proof-replays.port.js';

// users
export type { AccountDirectory } from './account-directory.port.js';
export { ambiguousUser, UserDirectory } from './user-directory.port.js';
export type {
  CreateUserOutcome,
  LoginCandidate,
  NewUser,
  UserAccount,
} from './user-directory.port.js';
export { OneTimeTokenStore } from './one-time-token-store.port.js';
export type {
  NewOneTimeToken,
  OneTimeToken,
  SpentAlongside,
  TokenOwner,
} from './one-time-token-store.port.js';
export { ApiKeyStore } from './api-key-store.port.js';
export type { ApiKey, FoundApiKey, NewApiKey } from './api-key-store.port.js';
export type { CredentialChange, CredentialChangeOutcome } from './store-change.js';
export { FactorStore } from './factor-store.port.js';
export type { FactorAct, FactorChange, FactorChangeOutcome, Factors } from './factor-store.port.js';
export type { Factor, NewPasskey, NewTotp, PasskeyFactor, TotpFactor } from './factor.js';
export { IdentityStore } from './identity-store.port.js';
export type {
  Identity,
  IdentityAct,
  IdentityChange,
  IdentityChangeOutcome,
  IdentityKey,
  NewIdentity,
} from './identity-store.port.js';
export type { ProviderSession, ProviderSessionEnd } from './session.js';
export { ThrottleStore } from './throttle-store.port.js';
export type { ThrottleAttempt, ThrottleBucket, ThrottleDecision } from './throttle-store.port.js';

// keys
export { KeySource } from './key-source.port.js';
export type { RotationRequest, SourceJwk, SourceKeys } from './key-source.port.js';
export { KeySightings } from './key-sightings.port.js';

// audit trail
export { AuditStore } from './audit-store.port.js';
export type { AuditQuery, Familiarity, Sighting } from './audit-store.port.js';
export { toRecord } from './audit-record.js';
export type { AuditRecord, NewAuditRecord } from './audit-record.js';
export type { AuthEventInput } from './auth-event.js';
