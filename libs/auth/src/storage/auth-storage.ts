import type { ApiKeyStore } from './api-key-store.port.js';
import type { AuditStore } from './audit-store.port.js';
import type { FactorStore } from './factor-store.port.js';
import type { IdentityStore } from './identity-store.port.js';
import type { KeySightings } from './key-sightings.port.js';
import type { OneTimeTokenStore } from './one-time-token-store.port.js';
import type { ProofReplays } from './proof-replays.port.js';
import type { RefreshSecretsStore } from './refresh-secrets.port.js';
import type { RevocationFeedBus } from './revocation-feed.port.js';
import type { RevocationLedgerStore } from './revocation-ledger.port.js';
import type { SessionStore } from './session-store.port.js';
import type { ThrottleStore } from './throttle-store.port.js';
import type { UserDirectory } from './user-directory.port.js';

/** The durable side: `drizzleStorage(db)` of `@tokenward/nestjs/drizzle`, or the memory stores of `/testing`. */
export interface AuthStorage {
  readonly sessions: SessionStore;
  readonly ledger: RevocationLedgerStore;
  readonly peppers: RefreshSecretsStore;
  /** None: a key that is new after a restart does not wait, and revoking a key that only another process has is an error. */
  readonly keySightings?: KeySightings;
  /** None: no mailed links and no one-time tokens of the host's. */
  readonly oneTimeTokens?: OneTimeTokenStore;
  /** None: `factors` cannot be given. */
  readonly factors?: FactorStore;
  /** None: `oidc(…)` cannot be one of `factors.methods`. */
  readonly identities?: IdentityStore;
  /** None: `apiKeys` cannot be given. */
  readonly apiKeys?: ApiKeyStore;
  readonly users?: UserDirectory;
  /** None: no audit trail. */
  readonly audit?: AuditStore;
  /** Asked once at the start: throws `configuration_invalid` for what no waiting mends, and so stops the boot. */
  check?(): Promise<void>;
}

/** The fast side: `redisConnection(client)` of `@tokenward/nestjs/redis`. */
export interface AuthRedis {
  readonly feed: RevocationFeedBus;
  readonly throttle?: ThrottleStore;
  /** Which proofs of clients that hold a key were used (`dpop`). */
  readonly replays?: ProofReplays;
  /** Called at shutdown; closes what the connection opened itself, never the host's client. */
  close(): Promise<void>;
}
