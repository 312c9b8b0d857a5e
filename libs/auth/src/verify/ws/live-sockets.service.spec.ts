import { describe, expect, it } from '@jest/globals';
import type { Principal } from '../../common/principal.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { AuthenticateFlow } from '../authenticate.js';
import type { PresentedToken } from '../presented-token.js';
import { LiveBench, principal } from './live-connections.fixture.js';
import { type Handshake, LiveSockets } from './live-sockets.service.js';

const admin = principal({ role: 'admin', permissions: ['a', 'b'] });
const options = { cookies: { accessName: 'access_token' }, origins: { trusted: new Set() } };

/** A socket that is signed in as `admin`, and tokens by their text. */
async function signedIn(tokens: Readonly<Record<string, Principal>>) {
  const flow = {
    authenticate: (presented: PresentedToken) =>
      presented.kind === 'token' ? { admin, ...tokens }[presented.value] : undefined,
  };
  const sockets = new LiveSockets(
    flow as unknown as AuthenticateFlow,
    options as unknown as ResolvedAuthOptions,
    new LiveBench().live,
  );
  const client = {};
  const codes: number[] = [];
  await sockets.open(client, { headers: {} }, ({ code }) => void codes.push(code));
  expect(await sockets.present(client, 'admin')).toBe('authenticated');
  return { sockets, client, codes };
}

// T-s4ad
describe('an API key that a socket presents', () => {
  const authorization = 'Bearer tw_key';
  const socket = { remoteAddress: '::ffff:192.0.2.7' };
  it.each<readonly [string, Handshake, string]>([
    ['of the connection', { headers: { authorization }, socket }, '192.0.2.7'],
    ['of the connection, in the first message', { headers: {}, socket }, '192.0.2.7'],
    [
      'that the host gives',
      { headers: { authorization }, socket, ip: '203.0.113.9' },
      '203.0.113.9',
    ],
  ])('counts against the address %s, and not against that of all sockets', async (_, from, ip) => {
    const seen: PresentedToken[] = [];
    const flow = { authenticate: (each: PresentedToken) => (seen.push(each), admin) };
    const sockets = new LiveSockets(
      flow as unknown as AuthenticateFlow,
      options as unknown as ResolvedAuthOptions,
      new LiveBench().live,
    );
    const client = {};
    await sockets.open(client, from, () => undefined);
    if (seen.length === 0) await sockets.present(client, 'tw_key');
    expect(seen).toEqual([expect.objectContaining({ value: 'tw_key', ip })]);
  });
});

describe('a token that a signed-in socket presents', () => {
  it('goes on with the same rights, in whatever order they are listed', async () => {
    const claims = { sentAt: 2 };
    const fresh = principal({ ...admin, tokenId: 't2', permissions: ['b', 'a', 'a'], claims });
    const { sockets, client, codes } = await signedIn({ fresh });
    expect(await sockets.present(client, 'fresh')).toBe('authenticated');
    expect([sockets.principalOf(client), codes]).toEqual([fresh, []]);
  });

  // T-v3qs
  it.each<readonly [string, Partial<Principal>]>([
    ['an API key with fewer permissions', { kind: 'api_key', permissions: ['a'] }],
    ['a session of another role', { role: 'user' }],
    ['one without a role', { role: undefined }],
    ['a session of other data', { claims: { shop: 'b' } }],
    ['a session of somebody who acts as the user', { actor: { id: 'boss' } }],
  ])(
    'with other rights closes it, since it may stand in rooms by the former ones: %s',
    async (_, changes) => {
      const other = principal({ ...admin, sessionId: 's2', tokenId: 't2', ...changes });
      const { sockets, client, codes } = await signedIn({ other });
      expect(await sockets.present(client, 'other')).toBe('closed');
      expect([sockets.principalOf(client), codes]).toEqual([undefined, [4401]]);
    },
  );
});

// socket.io has joined the rooms of the former socket, and restored its data, before anybody asks for a token
describe('a socket that socket.io has recovered', () => {
  const other = principal({ ...admin, id: 'u2', sessionId: 's2', tokenId: 't2' });
  const fresh = principal({ ...admin, tokenId: 't3' });
  const revoked = { code: 4401, reason: 'refused' };

  async function recovered(token: 'other' | 'fresh', dataOf: (former: object) => unknown) {
    const tokens = { admin, other, fresh };
    const flow = {
      authenticate: (each: PresentedToken) =>
        each.kind === 'token' && tokens[each.value as keyof typeof tokens],
    };
    const sockets = new LiveSockets(
      flow as unknown as AuthenticateFlow,
      options as unknown as ResolvedAuthOptions,
      new LiveBench().live,
    );
    const data = {};
    const lost = { recovered: false, data };
    await sockets.open(lost, { headers: {} }, () => undefined);
    await sockets.present(lost, 'admin');
    sockets.closed(lost);
    const endings: unknown[] = [];
    const client = { recovered: true, data: dataOf(data) };
    await sockets.open(client, { headers: {} }, (each) => void endings.push(each));
    return { standing: await sockets.present(client, token), endings };
  }

  it('goes on with a token of the same rights', async () => {
    expect(await recovered('fresh', (data) => data)).toEqual({
      standing: 'authenticated',
      endings: [],
    });
  });

  it('is closed if another user presents a token: it stands in the rooms of the former one', async () => {
    expect(await recovered('other', (data) => data)).toEqual({
      standing: 'closed',
      endings: [revoked],
    });
  });

  it.each([
    ['another process had it', {}],
    ['the data is gone', undefined],
  ])('is closed at once if nobody knows who had joined its rooms: %s', async (_, data) => {
    expect(await recovered('fresh', () => data)).toEqual({
      standing: 'closed',
      endings: [revoked],
    });
  });
});
