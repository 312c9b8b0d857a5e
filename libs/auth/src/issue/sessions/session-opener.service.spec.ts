import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ClientContext } from '../../common/principal.js';
import { SystemEntropy } from '../../common/entropy.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { DeviceChallenges } from '../devices/device-challenges.service.js';
import type { AccessTokenRequest, TokenGrants } from '../tokens/token-grants.service.js';
import type { DeviceIds } from '../users/device-id.js';
import type { OpenedSessions } from './opened-sessions.service.js';
import type { SessionHooks } from './session-hooks.service.js';
import { type SessionOpening, SessionOpener } from './session-opener.service.js';
import type { OpenSessionInput, SessionService } from './session.service.js';

const NOW = Date.UTC(2026, 10, 29);
const HOUR = 3_600_000;
const account = {
  id: 'u',
  email: 'u@example.com',
  role: 'user',
  permissions: ['p'],
  disabled: false,
  tenant: 'theirs',
};
const opening = (more: Partial<SessionOpening> = {}): SessionOpening => ({
  account,
  expected: { tokenVersion: 1, epoch: 8 },
  transport: 'bearer',
  persistent: true,
  authTime: new Date(NOW),
  amr: ['pwd'],
  asOfMs: NOW,
  ...more,
});
const client: ClientContext = { ip: '192.0.2.1', userAgent: 'b'.repeat(600), tenant: 'claimed' };
const limits = { maxPerUser: 5, idleTtlMs: 1_000, absoluteTtlMs: 2 * HOUR };

interface World {
  readonly dpop?: object;
  readonly registerWithinMs?: number;
  readonly challenge?: string;
  readonly limits: typeof limits & { readonly limits?: { readonly accessTtlSeconds?: number } };
  readonly claims?: object;
  readonly signing?: Error;
  readonly outcome: 'opened' | 'superseded';
  readonly announced: 'live' | 'ended';
}
let world: World;
let happened: unknown[];
let signed: AccessTokenRequest[];
let stored: OpenSessionInput[];
beforeEach(() => {
  [happened, signed, stored] = [[], [], []];
  world = { limits, outcome: 'opened', announced: 'live' };
});

function opener(): SessionOpener {
  const sessions = {
    open: (input: OpenSessionInput, ...more: unknown[]) => {
      stored.push(input);
      happened.push(['stored', ...more]);
      const { sessionId: id, transport } = input;
      if (world.outcome !== 'opened') return Promise.resolve({ kind: world.outcome });
      return Promise.resolve({ kind: 'opened', session: { id, transport }, refreshToken: 'R' });
    },
  };
  const grants = {
    accessToken: (request: AccessTokenRequest) => {
      signed.push(request);
      happened.push('signed');
      return world.signing ? Promise.reject(world.signing) : Promise.resolve('A');
    },
    grant: ({ id }: { id: string }, access: string, refresh: string) => ({ id, access, refresh }),
  };
  const devices = { mint: (...of: unknown[]) => ['device', ...of] };
  const challenges = {
    registerWithinMs: () => world.registerWithinMs,
    offer: () => world.challenge,
  };
  const hooks = {
    limitsOf: (told: unknown) => (happened.push(['limits for', told]), world.limits),
    claimsOf: (told: unknown, given: unknown) => (
      happened.push(['claims for', told, given]),
      world.claims
    ),
  };
  const opened = {
    announce: (_: unknown, by: unknown) => (happened.push(['announced', by]), world.announced),
  };
  return new SessionOpener(
    sessions as unknown as SessionService,
    grants as unknown as TokenGrants,
    devices as unknown as DeviceIds,
    challenges as unknown as DeviceChallenges,
    hooks as unknown as SessionHooks,
    opened as unknown as OpenedSessions,
    new SystemEntropy(),
    { dpop: world.dpop } as unknown as ResolvedAuthOptions,
  );
}
const open = (more: Partial<SessionOpening> = {}, by: Partial<ClientContext> = {}) =>
  opener().open(opening(more), { ...client, ...by });

describe('a session that opens', () => {
  it('is granted a token that was signed for it before it was stored', async () => {
    const result = await open();
    const [request, input] = [signed[0], stored[0]];
    expect(
      happened.filter((each) => each === 'signed' || String(each).startsWith('stored')),
    ).toEqual(['signed', expect.arrayContaining(['stored'])]);
    expect(request?.sessionId).toBe(input?.sessionId);
    expect(request).toMatchObject({
      subject: 'u',
      state: { tokenVersion: 1, epoch: 8 },
      user: account,
      authTime: new Date(NOW),
      amr: ['pwd'],
      transport: 'bearer',
      registerBy: null,
      asOfMs: NOW,
    });
    const grant = { id: input?.sessionId, access: 'A', refresh: 'R' };
    const deviceToken = ['device', 'u', 8, undefined];
    expect(result).toEqual({ user: account, grant: { ...grant, deviceToken } });
  });

  it('has a new id each time', async () => {
    await open();
    await open();
    expect(stored[0]?.sessionId).not.toBe(stored[1]?.sessionId);
  });

  it('is not stored if its token cannot be signed', async () => {
    world = { ...world, signing: new Error('claims hook') };
    await expect(open()).rejects.toThrow('claims hook');
    expect(stored).toEqual([]);
  });

  it('is stored with what spends the proof, for the client in short', async () => {
    const spend = () => Promise.resolve();
    await open({ spend });
    const kept = { ip: '192.0.2.1', userAgent: 'b'.repeat(512) };
    expect(happened).toContainEqual(['stored', kept, spend]);
    expect(stored[0]).toMatchObject({ subject: 'u', persistent: true, knownDevice: false });
  });

  it('is of the tenant of the user, or else of the one that the client named', async () => {
    await open();
    await open({ account: { ...account, tenant: undefined } });
    expect(stored.map(({ tenant }) => tenant)).toEqual(['theirs', 'claimed']);
  });

  it('is told to the hooks: who signs in, how, and who acts', async () => {
    const given = { plan: 'pro' };
    await open({ actor: { id: 'boss', expected: { tokenVersion: 1, epoch: 1 } }, claims: given });
    const told = {
      userId: 'u',
      role: 'user',
      permissions: ['p'],
      tenant: 'theirs',
      actorId: 'boss',
      transport: 'bearer',
      rememberMe: true,
      amr: ['pwd'],
      ip: '192.0.2.1',
      userAgent: 'b'.repeat(600),
    };
    expect(happened.slice(0, 2)).toEqual([
      ['limits for', told],
      ['claims for', told, given],
    ]);
    happened = [];
    await open({ account: { ...account, tenant: undefined } });
    const { actorId: _, ...himself } = { ...told, tenant: 'claimed' };
    expect(happened[0]).toEqual(['limits for', himself]);
  });

  it('has the claims and the limits that the hooks answered, in its token too', async () => {
    world = {
      ...world,
      claims: { plan: 'pro' },
      limits: { ...limits, limits: { accessTtlSeconds: 60 } },
    };
    await open();
    for (const each of [signed[0], stored[0]]) expect(each?.claims).toEqual({ plan: 'pro' });
    expect(signed[0]).toMatchObject({ accessTtlSeconds: 60 });
    expect(stored[0]).toMatchObject({ maxPerUser: 5, idleTtlMs: 1_000 });
  });

  it.each([
    [undefined, 2 * HOUR],
    [HOUR, HOUR],
    [3 * HOUR, 2 * HOUR],
  ])('for %s ms is never longer than its limits', async (absoluteTtlMs, expected) => {
    await open({ absoluteTtlMs });
    expect(stored[0]?.absoluteTtlMs).toBe(expected);
    expect(signed[0]?.absoluteExpiresAt).toEqual(new Date(NOW + expected));
  });

  it('must be bound to a key within the time for it', async () => {
    world = { ...world, registerWithinMs: 60_000, challenge: 'sign this' };
    const result = await open();
    expect(stored[0]?.registerWithinMs).toBe(60_000);
    expect(signed[0]?.registerBy).toEqual(new Date(NOW + 60_000));
    expect(result).toHaveProperty('grant.registrationChallenge', 'sign this');
  });
});

describe('a session of a client that proved a key', () => {
  const bound = { kind: 'dpop', key: 'K' };
  it.each<[string, object | undefined, SessionOpening['transport'], string | undefined, unknown]>([
    ['is bound to it', {}, 'bearer', 'K', bound],
    ['is bound to it', {}, 'hybrid', 'K', bound],
    ['is not bound in a cookie', {}, 'cookie', 'K', undefined],
    ['is not bound where that is off', undefined, 'bearer', 'K', undefined],
    ['is not bound without the proof', {}, 'bearer', undefined, undefined],
  ])('%s (dpop: %j, %s, %s)', async (_, dpop, transport, provedKey, expected) => {
    world = { ...world, dpop };
    await open({ transport }, { provedKey });
    expect([signed[0]?.bound, stored[0]?.bound]).toEqual([expected, expected]);
  });
});

describe('a session that was ended while it opened', () => {
  const provider = { issuer: 'https://p', issuerSubject: 's', sid: 'x', issuedAtSeconds: 1 };

  it('by a change of the counters is superseded, and announced to nobody', async () => {
    world = { ...world, outcome: 'superseded' };
    expect(await open()).toBe('superseded');
    expect(happened).not.toContainEqual(['announced', undefined]);
  });

  it('at the provider that it came from is superseded as well', async () => {
    world = { ...world, announced: 'ended' };
    expect(await open({ provider } as Partial<SessionOpening>)).toBe('superseded');
    expect(happened).toContainEqual(['announced', provider]);
  });
});

describe('the device', () => {
  it('stays the one that signed in before', async () => {
    const result = await open({ deviceId: 'D' });
    expect(stored[0]?.knownDevice).toBe(true);
    expect(result).toHaveProperty('grant.deviceToken', ['device', 'u', 8, 'D']);
  });

  it('is not remembered for the user if an actor signs in', async () => {
    const actor = { id: 'boss', expected: { tokenVersion: 1, epoch: 1 } };
    const result = await open({ actor, deviceId: 'D' });
    expect(result).toMatchObject({ user: account, grant: { access: 'A' } });
    expect(result).not.toHaveProperty('grant.deviceToken');
    expect(signed[0]?.actor).toEqual(actor);
  });
});
