import { describe, expect, it } from '@jest/globals';
import { SystemEntropy } from '../../common/entropy.js';
import type { SessionStore } from '../../storage/session-store.port.js';
import type { UserDirectory } from '../../storage/user-directory.port.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { MemoryDatabase } from '../../testing/memory-database.js';
import { MemoryOneTimeTokenStore } from '../../testing/memory-one-time-token.store.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.service.js';
import type { UserResolver } from '../users/user-resolver.service.js';
import { HostTokensFlow } from './host-tokens.flow.js';

describe('a one-time token of a host', () => {
  // T-c29c
  it('is not spent by an outage of the users, nor while its user is disabled', async () => {
    const store = new MemoryOneTimeTokenStore(new MemoryDatabase(new ManualClock()));
    const answers: (() => Promise<unknown>)[] = [
      () => Promise.reject(new Error('away')),
      () => Promise.resolve({ account: { id: 'ann', disabled: 'disabled' } }),
      () => Promise.resolve({ account: { id: 'ann' } }),
    ];
    const flow = new HostTokensFlow(
      new OneTimeTokens(store, new SystemEntropy()),
      { idOf: (id: string) => Promise.resolve(id) } as unknown as UserResolver,
      { findById: () => answers.shift()?.() } as unknown as UserDirectory,
      {
        readSubject: () => Promise.resolve({ tokenVersion: 1, epoch: 1 }),
      } as unknown as SessionStore,
    );
    const token = await flow.issue('invitation', 'ann', '1h', { team: 1 });
    await expect(flow.redeem('invitation', token)).rejects.toThrow('away');
    await expect(flow.redeem('invitation', token)).rejects.toMatchObject({
      reason: 'link_refused',
    });
    expect(await flow.redeem('invitation', token)).toEqual({ userId: 'ann', data: { team: 1 } });
    await expect(flow.redeem('invitation', token)).rejects.toMatchObject({
      reason: 'link_refused',
    });
  });
});
