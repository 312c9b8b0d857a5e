import { type Clock, SystemClock } from '../common/clock.js';
import { type Entropy, SystemEntropy } from '../common/entropy.js';
import type { HostTransaction } from '../storage/sql-transaction.port.js';
import { group, handle, having, oneOf } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import { MemoryDatabase } from './memory-database.js';
import { MemoryApiKeyStore } from './memory-api-key.store.js';
import { MemoryFactorStore } from './memory-factor.store.js';
import { MemoryIdentityStore } from './memory-identity.store.js';
import { MemoryKeySightings } from './memory-key-sightings.store.js';
import { MemoryOneTimeTokenStore } from './memory-one-time-token.store.js';
import { MemoryRefreshSecretsStore } from './memory-refresh-secrets.store.js';
import { MemoryRevocationLedgerStore } from './memory-revocation-ledger.store.js';
import { MemorySessionStore } from './memory-session.store.js';
import { MemoryUserDirectory } from './memory-user-directory.store.js';

export interface MemoryStorageOptions {
  /** `elsewhere`: the host's tests use their own `UserDirectory`. Default `here`. */
  readonly users?: 'here' | 'elsewhere';
  /** Default: the system clock. */
  readonly clock?: Clock;
  readonly entropy?: Entropy;
}

export const memoryStorageSchema = group({
  users: oneOf(['here', 'elsewhere']).prefault('here'),
  clock: handle<Clock>(having('now', 'monotonic'), 'a Clock with now() and monotonic()').optional(),
  entropy: handle<Entropy>(
    having('bytes', 'uuid'),
    'an Entropy with bytes() and uuid()',
  ).optional(),
});

/** Tokenward's stores in memory, for tests. They pass the same conformance suites as the Drizzle stores. */
export function memoryStorage(options: MemoryStorageOptions = {}) {
  const of = 'memoryStorage';
  const given = readOptions(memoryStorageSchema, options, { of, prefix: of });
  const { users, entropy, clock = new SystemClock() } = given;
  const database = new MemoryDatabase(clock);
  return {
    sessions: new MemorySessionStore(database, { users }),
    ledger: new MemoryRevocationLedgerStore(database),
    peppers: new MemoryRefreshSecretsStore(database),
    keySightings: new MemoryKeySightings(clock),
    oneTimeTokens: new MemoryOneTimeTokenStore(database),
    factors: new MemoryFactorStore(database),
    identities: new MemoryIdentityStore(database),
    apiKeys: new MemoryApiKeyStore(database),
    users: new MemoryUserDirectory(database, entropy ?? new SystemEntropy()),
    /** For `AuthService.userChanged(tx, …)`: changes are rolled back if `work` throws. */
    transaction: <T>(work: (tx: HostTransaction) => Promise<T>): Promise<T> =>
      database.transaction(work),
  };
}

export type MemoryStorage = ReturnType<typeof memoryStorage>;
