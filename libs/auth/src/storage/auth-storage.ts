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
  /**
   * Without it, a key that is new after a restart does not wait its lead time, and revoking a key that only another
   * process has is an error.
   */
  readonly keySightings?: KeySightings;
  /** Without it there are no mailed links and no one-time tokens of the host. */
  readonly oneTimeTokens?: OneTimeTokenStore;
  /** Without it `factors` cannot be used. */
  readonly factors?: FactorStore;
  /** Without it `oidc(…)` cannot be used in `factors.methods`. */
  readonly identities?: IdentityStore;
  /** Without it `apiKeys` cannot be used. */
  readonly apiKeys?: ApiKeyStore;
  readonly users?: UserDirectory;
  /** Without it there is no audit trail. */
  readonly audit?: AuditStore;
  /**
   * Called once at the start. Throws `configuration_invalid` for a problem that does not go away by waiting, which
   * stops the boot.
   */
  check?(): Promise<void>;
}

/** The fast side: `redisConnection(client)` of `@tokenward/nestjs/redis`. */
export interface AuthRedis {
  readonly feed: RevocationFeedBus;
  readonly throttle?: ThrottleStore;
  /** The used proofs of clients that hold a key (`dpop`). */
  readonly replays?: ProofReplays;
  /** Called at shutdown; closes what the connection opened itself, never the host's client. */
  close(): Promise<void>;
}
