import { describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import type { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { AuditStore, Familiarity } from '../../storage/audit-store.port.js';
import type { AuthEvent, AuthEventInput } from '../../storage/auth-event.js';
import type { UserDirectory } from '../../storage/user-directory.port.js';
import { AccountNotices } from './account-notices.service.js';
import type { MailLimits } from './mail-limits.service.js';
import type { Mailer } from './mailer.service.js';

const SIGN_IN = {
  type: 'login.succeeded',
  userId: 'u1',
  sessionId: 's1',
  knownDevice: false,
  at: 'now',
};

const STRANGE_BROWSER: Familiarity = { earlier: 3, userAgent: 'new', network: 'known' };

/** Look-ups of the audit trail and of the user, which fail the given number of times. */
async function told(
  failing: { readonly trail?: number; readonly users?: number },
  changes: Partial<Familiarity> = {},
) {
  const [mailed, published]: [string[], AuthEventInput[]] = [[], []];
  const left = { trail: failing.trail ?? 0, users: failing.users ?? 0 };
  const answer = <T>(of: keyof typeof left, value: T): Promise<T> =>
    left[of]-- > 0 ? Promise.reject(AuthError.unavailable('too slow')) : Promise.resolve(value);
  let listen: ((event: AuthEvent) => unknown) | undefined;
  const account = { id: 'u1', email: 'ada@example.com', permissions: [], disabled: false };
  new AccountNotices(
    { findById: () => answer('users', { account }) } as unknown as UserDirectory,
    { send: ({ kind }: { kind: string }) => void mailed.push(kind) } as unknown as Mailer,
    { admitAccount: () => Promise.resolve(true) } as unknown as MailLimits,
    { accounts: {} } as unknown as ResolvedAuthOptions,
    {
      subscribe: (listener: typeof listen) => (listen = listener),
      publish: (event: AuthEventInput) => void published.push(event),
    } as unknown as AuthEventPublisher,
    {
      familiarity: () => answer('trail', { ...STRANGE_BROWSER, ...changes }),
    } as unknown as AuditStore,
  );
  const failure = await Promise.resolve(listen?.(SIGN_IN as unknown as AuthEvent)).then(
    () => undefined,
    (error: unknown) => (error as AuthError).reason,
  );
  return { mailed, published, failure };
}

describe('the notice of a new device', () => {
  it.each([
    ['no look-up fails', {}],
    ['the audit trail is slow once', { trail: 1 }],
    ['the user directory is slow once', { users: 1 }],
    ['both are', { trail: 1, users: 1 }],
  ])('is mailed where %s', async (_, failing) => {
    expect(await told(failing)).toEqual({
      mailed: ['new_device'],
      published: [],
      failure: undefined,
    });
  });

  // T-kx5m
  it.each<readonly [string, Partial<Familiarity>, readonly string[]]>([
    [
      'with the browser of half the world from elsewhere',
      { userAgent: 'known', network: 'new' },
      ['new_device'],
    ],
    ['with a known browser where the user was before', { userAgent: 'known' }, []],
    ['that is the first of all', { earlier: 0, network: 'new' }, []],
  ])('of a sign-in %s', async (_, found, mailed) => {
    expect((await told({}, found)).mailed).toEqual(mailed);
  });

  it.each([
    ['the audit trail', { trail: 2 }],
    ['the user directory', { users: 2 }],
  ])('is an event that says so where %s does not answer twice', async (_, failing) => {
    const published = [{ type: 'mail.failed', kind: 'new_device', userId: 'u1' }];
    expect(await told(failing)).toEqual({ mailed: [], published, failure: 'unavailable' });
  });
});
