import { beforeEach, describe, expect, it } from '@jest/globals';
import { SystemClock } from '../../common/clock.js';
import { SystemEntropy } from '../../common/entropy.js';
import type { Principal } from '../../common/principal.js';
import { Secret } from '../../common/secret.js';
import type { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { MemoryThrottleStore } from '../../storage/memory-throttle.store.js';
import type { UserDirectory } from '../../storage/user-directory.port.js';
import { Later } from '../accounts/later.service.js';
import { MailLimits } from '../accounts/mail-limits.service.js';
import { MailedLinks } from '../accounts/mailed-links.service.js';
import type { Mailer } from '../accounts/mailer.service.js';
import type { OneTimeTokens } from '../accounts/one-time-tokens.service.js';
import type { PasswordVerifier } from '../users/password-verifier.service.js';
import { ThrottleKeys } from '../users/throttle-keys.js';
import { RequestLinkFlow } from './request-link.flow.js';
import { SendVerificationFlow } from './send-verification.flow.js';

const TENANT = '3f1c0d0e-8a34-4f6e-9d51-2b7f5c1e9a60';
const options = { throttle: { windowMs: 900_000 }, accounts: {} } as ResolvedAuthOptions;
const secret = new Secret(Buffer.alloc(32, 7));
const account = {
  id: 'ann',
  email: 'ann@example.com',
  tenant: TENANT,
  permissions: [],
  disabled: false,
};

const candidate = { account, subject: { tokenVersion: 1, epoch: 1 } };
const SPELLINGS = [TENANT, TENANT.toUpperCase(), TENANT.replace('f', 'F')];
/** As a `uuid` column, which has one value for all of them. */
const verifier = {
  ownerOf: (_: string, tenant: string) =>
    Promise.resolve(tenant.toLowerCase() === TENANT ? candidate : undefined),
  findById: () => Promise.resolve(candidate),
} as unknown as PasswordVerifier;
const clientOf = (n: number, tenant?: string) => ({
  ip: `192.0.2.${String(n)}`,
  ...(tenant !== undefined && { tenant }),
});

describe('a link that is asked for', () => {
  let flow: RequestLinkFlow;
  let verification: SendVerificationFlow;
  let later: Later;
  let mailed: string[];
  beforeEach(() => {
    const events = { publish: () => undefined } as unknown as AuthEventPublisher;
    const clock = new SystemClock();
    const limits = new MailLimits(
      options,
      new MemoryThrottleStore(clock),
      new ThrottleKeys(() => secret),
      new SystemEntropy(),
      events,
    );
    [later, mailed] = [new Later(), []];
    const links = new MailedLinks(
      { issue: () => Promise.resolve('token') } as unknown as OneTimeTokens,
      {} as UserDirectory,
      { send: ({ to }: { to: string }) => void mailed.push(to) } as unknown as Mailer,
      later,
      events,
      options,
      clock,
    );
    flow = new RequestLinkFlow(limits, verifier, links, events);
    verification = new SendVerificationFlow(limits, verifier, links, events);
  });

  // T-m5tn
  it('is mailed five times at most, however the tenant of the owner is spelled', async () => {
    for (const tenant of SPELLINGS)
      for (let n = 0; n < 5; n++)
        await flow.request('password_reset', 'ann@example.com', clientOf(n, tenant));
    await later.beforeApplicationShutdown();
    expect(mailed).toHaveLength(5);
  });

  // T-v5tn
  it('is mailed five times at most, by sign-ins in any spelling and by the signed-in user', async () => {
    for (let n = 0; n < 5; n++) {
      for (const tenant of SPELLINGS) await verification.remind(candidate, clientOf(n, tenant));
      await verification.send({ id: 'ann' } as Principal, clientOf(n));
    }
    await later.beforeApplicationShutdown();
    expect(mailed).toHaveLength(5);
  });
});
