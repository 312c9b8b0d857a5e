import { beforeEach, describe, expect, it } from '@jest/globals';
import { SystemEntropy } from '../../common/entropy.js';
import { Secret } from '../../common/secret.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { AccountMail } from '../../options/account-mail.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { AuthEvent } from '../../storage/auth-event.js';
import { MemoryThrottleStore } from '../../storage/memory-throttle.store.js';
import type { UserDirectory } from '../../storage/user-directory.port.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { ThrottleKeys } from '../users/throttle-keys.js';
import { AccountNotices } from './account-notices.service.js';
import { MailLimits } from './mail-limits.service.js';
import type { Mailer } from './mailer.service.js';

const unproven = (email: string) => ({ email, emailVerified: false });
const proven = (email: string) => ({ email, emailVerified: true });
const accounts: Record<string, { email: string; emailVerified: boolean } | undefined> = {
  ann: unproven('ann@example.com'),
  bob: unproven('bob@example.com'),
  squatter: unproven('a.nn@example.com'),
  victim: proven('victim@example.com'),
  thief: proven('vic.tim@example.com'),
};

/** Register with a stranger's address, then change something of one's own again and again. */
describe('notices of one account', () => {
  let sent: AccountMail[];
  let heard: AuthEvent[];
  let clock: ManualClock;
  let publisher: AuthEventPublisher;
  let store: MemoryThrottleStore;

  function listen(throttle: false | object): void {
    [sent, heard, clock] = [[], [], new ManualClock()];
    store = new MemoryThrottleStore(clock);
    publisher = new AuthEventPublisher(clock, { onAuthEvent: (event) => void heard.push(event) });
    const users = {
      findById: (id: string) => Promise.resolve({ account: { id, ...accounts[id] } }),
    } as unknown as UserDirectory;
    const mailer = { send: (mail: AccountMail) => void sent.push(mail) } as unknown as Mailer;
    const options = { accounts: {}, throttle } as unknown as ResolvedAuthOptions;
    const keys = new ThrottleKeys(() => new Secret(Buffer.alloc(32, 's')));
    const limits = new MailLimits(options, store, keys, new SystemEntropy(), publisher);
    new AccountNotices(users, mailer, limits, options, publisher, undefined);
  }

  beforeEach(() => listen({}));

  const settled = () => new Promise((resolve) => setImmediate(resolve));
  async function change(times: number, userId = 'ann'): Promise<void> {
    for (let n = 0; n < times; n++) {
      publisher.publish({ type: 'factor.changed', change: 'recovery_codes_renewed', userId });
      await settled();
    }
  }

  // T-3nbw
  it('are five of a kind in 15 minutes, whoever causes them; the others are told as events', async () => {
    await change(7);
    expect(sent).toHaveLength(5);
    const throttled = heard.filter(({ type }) => type === 'mail.throttled');
    expect(throttled).toMatchObject([{ kind: 'factor_changed' }, { kind: 'factor_changed' }]);
    publisher.publish({ type: 'password.changed', userId: 'ann' });
    await settled();
    await change(1, 'bob');
    expect(sent.slice(5)).toMatchObject([{ kind: 'password_changed' }, { to: 'bob@example.com' }]);
    clock.advance('15m');
    await change(1);
    expect(sent).toHaveLength(8);
  });

  // T-ktpz
  it('of an account whose address is proven are not used up by another that looks alike', async () => {
    await change(6, 'thief');
    await change(1, 'victim');
    expect(sent.map(({ to }) => to).slice(4)).toEqual([
      'vic.tim@example.com',
      'victim@example.com',
    ]);
  });

  it('go to one address that nobody proved five times, however it is written', async () => {
    await change(5);
    await change(1, 'squatter');
    expect(sent).toHaveLength(5);
  });

  it('go out while the counters are away: their owner must hear of a thief', async () => {
    store.take = () => Promise.reject(new Error('away'));
    await change(6);
    expect(sent).toHaveLength(6);
  });

  it('are not counted where the limits are off', async () => {
    listen(false);
    await change(6);
    expect(sent).toHaveLength(6);
  });
});
