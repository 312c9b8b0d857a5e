import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuthService } from '@tokenward/nestjs';
import { AuditLog } from '@tokenward/nestjs/observe';
import {
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  hostWith,
  people,
} from './support/host-app.js';
import { type Spelling, SPELLINGS } from './support/spellings.js';
import { bearer, claimsOf } from './support/stage.js';

describe('sessions, tokens and keys, named in another spelling', () => {
  let database: HostDatabase;
  let host: HostApp;
  let auth: AuthService;
  beforeAll(async () => {
    database = await hostDatabase();
    const started = await hostWith(hostOptions(database));
    [host, auth] = [started, started.auth];
  }, 60_000);
  afterAll(async () => {
    await host.close();
    await database.drop();
  });

  async function signedIn() {
    const values = { mail: `${crypto.randomUUID()}@people.test`, kind: 'member' };
    const [made] = await database.db.insert(people).values(values).returning();
    const opening = { transport: 'bearer', secondFactor: 'satisfied' } as const;
    const { grant } = await auth.openSession(made?.ref ?? '', opening);
    const { jti, exp } = claimsOf(grant.accessToken);
    return { ...grant, jti: String(jti), exp: Number(exp), userId: made?.ref };
  }
  const me = async (token: string) => (await host.client().get('/auth/me', bearer(token))).status;

  // T-5j7s
  it.each([
    ['upper case', (id: string) => id.toUpperCase(), 'ended'],
    ['braces', (id: string) => `{${id}}`, 'not_found'],
    ['no hyphens', (id: string) => id.replaceAll('-', ''), 'not_found'],
  ])(
    'a session id in %s ends like the store’s own, or is not found',
    async (_name, spell, outcome) => {
      const { sessionId, accessToken } = await signedIn();
      expect(await auth.revokeSession(spell(sessionId))).toBe(outcome);
      expect(await me(accessToken)).toBe(outcome === 'ended' ? 401 : 200);
      const other = await signedIn();
      const answer = await host
        .client()
        .delete(
          `/auth/sessions/${encodeURIComponent(spell(other.sessionId))}`,
          bearer(other.accessToken),
        );
      expect(answer.status).toBe(outcome === 'ended' ? 204 : 404);
      if (outcome === 'not_found') return;
      const [entry] = (
        await host.app.get(AuditLog, { strict: false }).find({ userId: other.userId })
      ).records;
      expect(entry).toMatchObject({ type: 'session.ended', sessionId: other.sessionId });
    },
  );

  it.each<Spelling>([...SPELLINGS.people, ['as it is', (id) => id]])(
    'a token id, %s, refuses the token',
    async (_name, spell) => {
      const { jti, exp, accessToken } = await signedIn();
      await auth.revokeToken(spell(jti), exp);
      expect(await me(accessToken)).toBe(401);
    },
  );

  it.each([
    ['milliseconds', (exp: number) => exp * 1000],
    ['a day beyond the calendar', () => Number.MAX_SAFE_INTEGER],
  ])('an exp in %s revokes the token all the same', async (_what, given) => {
    const { jti, exp, accessToken } = await signedIn();
    await auth.revokeToken(jti, given(exp));
    expect(await me(accessToken)).toBe(401);
  });

  it.each(['', 'a\u0000b', 'x'.repeat(129)])(
    'no token has the id %j: input_invalid',
    async (jti) => {
      await expect(auth.revokeToken(jti, Math.ceil(Date.now() / 1000))).rejects.toMatchObject({
        reason: 'input_invalid',
      });
    },
  );

  // T-x24k
  it('a key id that no key has is refused, and nothing is written', async () => {
    const { keys } = (await host.client().get('/.well-known/jwks.json')).json<{
      keys: { kid: string }[];
    }>();
    const kid = keys[0]?.kid ?? '';
    for (const other of ['no-such-key', ` ${kid}`, `${kid}\n`, kid.toUpperCase(), ''])
      await expect(auth.revokeKey(other)).rejects.toMatchObject({ reason: 'key_not_found' });
    const { rows } = await database.pool.query("select 1 from auth_revocations where kind = 'key'");
    expect(rows).toEqual([]);
    await auth.revokeKey(kid);
    // again is not an error: it is revoked
    await auth.revokeKey(kid);
  });
});
