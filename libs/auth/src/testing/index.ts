export { actAs } from './act-as.js';
export type { Acting, ActingUser } from './act-as.js';
export { AuthTestingModule } from './auth-testing.module.js';
export { memoryAuthOptions, TEST_ISSUER } from './memory-auth-options.js';

// stores without a database
export { memoryStorage } from './memory-storage.js';
export type { MemoryStorage, MemoryStorageOptions } from './memory-storage.js';
export { MemoryUserDirectory } from './memory-user-directory.store.js';
export type { MemoryUser } from './memory-user-directory.store.js';
export { ManualClock } from './manual-clock.js';

// for people who write their own stores
export type { ConformanceCase } from './conformance/conformance-case.js';
export { sessionStoreConformance } from './conformance/session-store.conformance.js';
export type { SessionStoreSubject } from './conformance/session-subject.js';
export { apiKeyStoreConformance } from './conformance/api-key-store.conformance.js';
export type { ApiKeyStoreSubject } from './conformance/api-key-store.conformance.js';
export { oneTimeTokenStoreConformance } from './conformance/one-time-token-store.conformance.js';
export type { OneTimeTokenStoreSubject } from './conformance/one-time-token-store.conformance.js';
export { revocationLedgerConformance } from './conformance/revocation-ledger.conformance.js';
export type { RevocationLedgerSubject } from './conformance/revocation-ledger.conformance.js';
export { hostTransactionConformance } from './conformance/host-transaction.conformance.js';
export type { HostTransactionSubject } from './conformance/host-transaction.conformance.js';
export { throttleStoreConformance } from './conformance/throttle-store.conformance.js';
export type { ThrottleStoreSubject } from './conformance/throttle-store.conformance.js';
export { factorStoreConformance } from './conformance/factor-store.conformance.js';
export type { FactorStoreSubject } from './conformance/factor-store.conformance.js';
export { identityStoreConformance } from './conformance/identity-store.conformance.js';
export type { IdentityStoreSubject } from './conformance/identity-store.conformance.js';
export { userDirectoryConformance } from './conformance/user-directory.conformance.js';
export type {
  ConformanceUser,
  UserDirectorySubject,
} from './conformance/user-directory.conformance.js';
export { revocationFeedConformance } from './conformance/revocation-feed.conformance.js';
export type { RevocationFeedSubject } from './conformance/revocation-feed.conformance.js';
export { auditStoreConformance } from './conformance/audit-store.conformance.js';
export type { AuditStoreSubject } from './conformance/audit-store.conformance.js';
export { keySourceConformance } from './conformance/key-source.conformance.js';
export type { KeySourceSubject } from './conformance/key-source.conformance.js';
export { keySightingsConformance } from './conformance/key-sightings.conformance.js';
export type { KeySightingsSubject } from './conformance/key-sightings.conformance.js';
export { refreshSecretsConformance } from './conformance/refresh-secrets.conformance.js';
export type { RefreshSecretsSubject } from './conformance/refresh-secrets.conformance.js';
