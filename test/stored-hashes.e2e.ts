import { describe, expect, it } from '@jest/globals';
import { signUp } from './support/stage.js';
import { useStage } from './support/use-stage.js';
import { until } from './support/until.js';

const stage = useStage();

/** Of "correct horse". */
const BCRYPT = '$2b$04$nAPPVppyF7u0uBJ88vCzHOoNVl7G/PTUqfuUNCIZYXLohgv3ZMLNK';
const OLD = 'correct horse';

async function userWith(hash: string) {
  const client = stage.demos.express.client();
  const person = await signUp(client);
  await stage.rows('update users set password_hash = $2 where id = $1', person.id, hash);
  const stored = async () =>
    (await stage.rows('select password_hash from users where id = $1', person.id))[0]?.[
      'password_hash'
    ];
  const logIn = (password: string) =>
    stage.demos.fastify.client().post('/auth/login', { email: person.email, password });
  return { ...person, stored, logIn };
}

describe('users with a hash of another system', () => {
  // T-3vgx
  it('sign in with the password they had, which is then stored as Argon2id', async () => {
    const { stored, logIn } = await userWith(BCRYPT);
    expect((await logIn('wrong horse')).status).toBe(401);
    expect(await stored()).toBe(BCRYPT);
    expect((await logIn(OLD)).status).toBe(200);
    expect(await stored()).toMatch(/^\$argon2id\$v=19\$/);
    expect((await logIn(OLD)).status).toBe(200);
    expect((await logIn('wrong horse')).status).toBe(401);
  });

  it('are refused like any other if nothing recognises the hash, and an event tells the operator', async () => {
    const { id, logIn } = await userWith('5f4dcc3b5aa765d61d8327deb882cf99');
    const nobody = await stage.demos.express
      .client()
      .post('/auth/login', { email: 'nobody@example.com', password: 'password' });
    const answer = await logIn('password');
    expect([answer.status, answer.text]).toEqual([401, nobody.text]);
    // one row a minute, however often a stranger tries
    await logIn('password');
    const told = () =>
      stage.rows(
        `select type, severity, detail ->> 'reason' as reason from auth_audit
          where subject = $1 and type in ('password.hash_unusable', 'login.failed') order by type`,
        id,
      );
    await until(async () => (await told()).length === 2);
    expect(await told()).toEqual([
      { type: 'login.failed', severity: 'warning', reason: 'hash_unusable' },
      { type: 'password.hash_unusable', severity: 'high', reason: 'unrecognised' },
    ]);
  });
});
