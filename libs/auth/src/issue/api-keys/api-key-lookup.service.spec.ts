import { beforeEach, describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import type { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { ApiKeyStore } from '../../storage/api-key-store.port.js';
import type { UserDirectory } from '../../storage/user-directory.port.js';
import { ManualClock } from '../../testing/manual-clock.js';
import type {
  CheckOptions,
  RevocationChecker,
  Verdict,
} from '../../verify/revocation/revocation-checker.service.js';
import type { LoginThrottle } from '../users/login-throttle.service.js';
import { RememberedApiKeys } from './api-key-lookup.service.js';
import { apiKeyId, ID_BYTES, SECRET_BYTES, writeApiKey } from './api-key-text.js';

const id = apiKeyId(Buffer.alloc(ID_BYTES, 'i'));
const KEY = writeApiKey(id, Buffer.alloc(SECRET_BYTES, 's'));
const ADDRESS = '203.0.113.7';

/** Its wall clock can be set. */
class SetClock extends ManualClock {
  aheadMs = 0;
  override now(): number {
    return super.now() + this.aheadMs;
  }
}

/** A neighbour at the same address guesses passwords until the address is locked. */
describe('an API key that worked here before', () => {
  let clock: SetClock;
  let keys: RememberedApiKeys;
  let store: 'has it' | 'has it no longer' | 'away';
  let isLocked: boolean;
  /** Whether the ledger has its deletion, which this process has not heard of yet. */
  let ledger: Verdict;
  /** When the directory answers. */
  let answers: Promise<void>;

  beforeEach(() => {
    [clock, store, isLocked] = [new SetClock(), 'has it', false];
    [ledger, answers] = ['live', Promise.resolve()];
    const use = () => {
      if (store === 'away') return Promise.reject(AuthError.unavailable('away'));
      const key = { id, subject: 'ann', name: 'robot', createdAt: new Date(0) };
      const found = { key, state: { tokenVersion: 1, epoch: 1 } };
      return Promise.resolve(store === 'has it' ? found : undefined);
    };
    const admitLookUp = () =>
      isLocked
        ? Promise.reject(new AuthError('throttled', 'locked', { retryAfterSeconds: 900 }))
        : Promise.resolve({ giveBack: () => Promise.resolve() });
    const account = { id: 'ann', email: 'ann@example.com', permissions: [], disabled: false };
    keys = new RememberedApiKeys(
      { use } as unknown as ApiKeyStore,
      clock,
      { findById: () => answers.then(() => ({ account })) } as unknown as UserDirectory,
      {
        check: (_: unknown, options?: CheckOptions) =>
          options?.revocationMode === 'strict' ? Promise.resolve(ledger) : 'live',
      } as unknown as RevocationChecker,
      { admitLookUp } as unknown as LoginThrottle,
      { publish: () => undefined } as unknown as AuthEventPublisher,
      {} as ResolvedAuthOptions,
    );
  });

  const present = async (options?: CheckOptions) =>
    Promise.resolve(keys.authenticate(KEY, ADDRESS, options)).then(
      ({ id: owner }) => owner,
      (error: unknown) => (error as AuthError).reason,
    );

  // T-q8mz
  it('is looked up again though its address is locked, also after an outage', async () => {
    expect(await present()).toBe('ann');
    isLocked = true;
    clock.advance('61m');
    store = 'away';
    expect(await present()).toBe('unavailable');
    store = 'has it';
    expect(await present()).toBe('ann');
  });

  // T-r7tk
  it('is looked up again after an hour, though the clock was ahead and is set back', async () => {
    clock.aheadMs = 3_600_000;
    expect(await present()).toBe('ann');
    clock.aheadMs = 0;
    clock.advance('59m');
    expect(await present()).toBe('ann');
    store = 'has it no longer';
    clock.advance('2m');
    expect(await present()).toBe('token_refused');
  });

  // T-j5st
  it('is asked for strictly, though another request has a look-up under way', async () => {
    let answer = (): void => undefined;
    answers = new Promise((resolve) => (answer = resolve));
    const both = [present(), present({ revocationMode: 'strict' })];
    await new Promise((resolve) => setImmediate(resolve));
    // after the first one has read it
    [store, ledger] = ['has it no longer', 'revoked'];
    answer();
    expect(await Promise.all(both)).toEqual(['ann', 'token_refused']);
  });

  it('is a stranger’s once it is gone, and a first sight is counted', async () => {
    isLocked = true;
    expect(await present()).toBe('throttled');
    isLocked = false;
    expect(await present()).toBe('ann');
    clock.advance('61m');
    store = 'has it no longer';
    expect(await present()).toBe('token_refused');
    isLocked = true;
    expect(await present()).toBe('throttled');
  });
});
