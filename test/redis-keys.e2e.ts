import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpClient } from './support/http.js';
import { admin, claimsOf, logIn, type Person, signUp } from './support/stage.js';
import { useStage } from './support/use-stage.js';

/**
 * The cap on a token's life and the tolerance, in seconds: an entry lives past the last instant at which a token could
 * be accepted.
 */
const LAST_ACCEPTED_SECONDS = 3600 + 300;

const stage = useStage({ adapters: ['fastify'] });

describe('what other services read in Redis', () => {
  let client: HttpClient;
  let person: Person;
  let sid: string;
  beforeEach(async () => {
    client = stage.demos.fastify.client();
    person = await signUp(client);
    sid = String(claimsOf(client.jar.get('access_token') ?? '')['sid']);
  });

  const ledger = () =>
    stage.rows(
      `select kind, subject, min_version, extract(epoch from expires_at - now())::int as seconds
       from auth_revocations where subject = any($1) order by id`,
      [sid, person.id],
    );

  // T-nb7h
  it('session:revoked:<sid> after a logout, with the row in the ledger', async () => {
    expect(await stage.redis.exists(`session:revoked:${sid}`)).toBe(0);

    await client.post('/auth/logout');

    expect(await stage.redis.exists(`session:revoked:${sid}`)).toBe(1);
    expect(await stage.redis.ttl(`session:revoked:${sid}`)).toBeGreaterThanOrEqual(
      LAST_ACCEPTED_SECONDS,
    );
    const [row, ...more] = await ledger();
    expect(row).toMatchObject({ kind: 'session', subject: sid });
    expect(Number(row?.['seconds'])).toBeGreaterThanOrEqual(LAST_ACCEPTED_SECONDS);
    expect(more).toEqual([]);
  });

  it('user:version:<sub> after logout-all: the lowest version still accepted, which never decreases', async () => {
    const key = `user:version:${person.id}`;
    await client.post('/auth/logout-all');
    expect(await stage.redis.get(key)).toBe('2');
    expect(await stage.redis.ttl(key)).toBeGreaterThanOrEqual(LAST_ACCEPTED_SECONDS);
    expect(await ledger()).toContainEqual(
      expect.objectContaining({ kind: 'user', min_version: 2 }),
    );

    await logIn(client, person);
    expect(claimsOf(client.jar.get('access_token') ?? '')['tokenVersion']).toBe(2);
    await client.post('/auth/logout-all');
    expect(await stage.redis.get(key)).toBe('3');
  });

  it('user:version:<sub> after a change of role', async () => {
    const root = stage.demos.fastify.client();
    await logIn(root, admin);
    await root.patch(`/admin/users/${person.id}`, { role: 'admin' });

    expect(await stage.redis.get(`user:version:${person.id}`)).toBe('2');
    expect(await stage.redis.exists(`session:revoked:${sid}`)).toBe(0);
  });

  it('both after a reuse', async () => {
    const thief = client.copy();
    await client.post('/auth/refresh');
    await thief.post('/auth/refresh');

    expect(await stage.redis.exists(`session:revoked:${sid}`)).toBe(1);
    expect(await stage.redis.get(`user:version:${person.id}`)).toBe('2');
  });

  // T-54f9
  it('holds no token, no secret and no email anywhere', async () => {
    const secrets = [client.jar.get('access_token'), client.jar.get('refresh_token'), person.email];
    await client.post('/auth/logout-all');

    for (const key of await stage.redis.keys('*')) {
      const dumped = `${key} ${(await stage.redis.dump(key)) ?? ''}`;
      for (const secret of secrets) expect(dumped).not.toContain(secret);
    }
  });
});
