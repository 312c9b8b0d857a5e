import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { createDatabase, type TestDatabase, testPool } from './support/databases.js';
import { scratchDir } from './support/run-environment.js';
import { jsonOf, type ListedKeys, tokenward } from './support/tokenward.js';

const PRIVATE = /"(?:d|p|q|dp|dq|qi|k)":|PRIVATE KEY/;

let database: TestDatabase;
let pool: pg.Pool;
let env: Record<string, string>;
const rows = async (statement: string) =>
  (await pool.query<Record<string, unknown>>(statement)).rows;

beforeAll(async () => {
  database = await createDatabase();
  pool = testPool({ connectionString: database.url, max: 2 });
  const { out } = await tokenward('secret --encryption');
  env = { DATABASE_URL: database.url, KEY_ENCRYPTION_KEYS: out.trim() };
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

describe('the command line, as a stranger runs it', () => {
  // T-ksm6
  it('makes a key directory, rotates it, lists it, revokes: no private key is ever printed', async () => {
    const dir = join(scratchDir('cli'), 'keys');
    const made = await tokenward(`keys generate --dir ${dir} --algorithm ES256 --json`);
    const rotated = await tokenward(`keys rotate --dir ${dir} --lead-time 1h --json`);
    const { kid } = jsonOf<{ kid: string }>(made);
    const revoked = await tokenward(`keys revoke ${kid} --dir ${dir}`);
    const listed = await tokenward(`keys list --dir ${dir} --json`);
    for (const each of [made, rotated, revoked, listed]) {
      expect([each.code, each.error]).toEqual([0, '']);
      expect(each.out).not.toMatch(PRIVATE);
    }
    // of two keys the first was revoked: the next one signs before its time rather than nobody
    expect(
      jsonOf<ListedKeys>(listed)
        .keys.map(({ phase }) => phase)
        .sort(),
    ).toEqual(['active', 'revoked']);
    const modes = readdirSync(dir).map((name) => statSync(join(dir, name)).mode & 0o777);
    expect([statSync(dir).mode & 0o777, ...modes]).toEqual([0o700, 0o600, 0o600]);
  });

  it('prints a private key only on request, and nothing else with it', async () => {
    const { code, out } = await tokenward('keys generate --stdout --algorithm ES256');
    expect(code).toBe(0);
    expect(out).toMatch(/^-----BEGIN PRIVATE KEY-----\n[\s\S]+-----END PRIVATE KEY-----\n$/);
  });

  it('--out leaves files that only their owner reads, whatever the umask', async () => {
    const dir = scratchDir('pem');
    const { code, out } = await tokenward(`keys generate --out ${dir}/jwt.pem --algorithm ES384`);
    expect([code, PRIVATE.test(out)]).toEqual([0, false]);
    expect(readFileSync(join(dir, 'jwt.pem'), 'utf8')).toMatch(/BEGIN PRIVATE KEY/);
    expect(statSync(join(dir, 'jwt.pem')).mode & 0o777).toBe(0o600);
  });

  it('exit codes are 0 for help, 2 for wrong use and 1 for a failure, without a stack or a secret', async () => {
    expect((await tokenward('--help')).code).toBe(0);
    expect((await tokenward('keys steal')).code).toBe(2);
    const dead = { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x' };
    const { code, out, error } = await tokenward('migrate', dead);
    expect([code, out, error]).toEqual([1, '', expect.stringMatching(/^tokenward: [^\n]+\n$/)]);
    expect(error).not.toMatch(/hunter2|\bat /);
  });
});

describe('its database commands', () => {
  it('say which database is missing, and what to do', async () => {
    const { code, error } = await tokenward('migrate', { DATABASE_URL: `${database.url}_gone` });
    expect([code, error]).toEqual([1, expect.stringMatching(/3D000.* or create the database\n$/)]);
  });

  it('migrate brings an empty database up to date, also three at once, and again', async () => {
    const three = await Promise.all([1, 2, 3].map(() => tokenward('migrate --json', env)));
    expect(three.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(await tokenward('migrate', env)).toMatchObject({ code: 0 });
    expect(await rows('select count(*)::int as n from auth_sessions')).toEqual([{ n: 0 }]);
  });

  // T-8jfz
  it('keys rotate in Postgres: sealed, one of two at the same time, and listed with its phase', async () => {
    const first = await tokenward('keys rotate --algorithm ES256 --json', env);
    expect(jsonOf<ListedKeys>(first).keys).toMatchObject([{ algorithm: 'ES256', phase: 'active' }]);
    expect((await tokenward('keys rotate', env)).error).toMatch(/a moment ago/);
    await rows(
      `update auth_signing_keys set created_at = now() - interval '1h', signs_from = now() - interval '1h'`,
    );
    const both = await Promise.all(
      [1, 2].map(() => tokenward('keys rotate --lead-time 10m --json', env)),
    );
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    const { keys } = jsonOf<ListedKeys>(await tokenward('keys list --json', env));
    expect(keys.map(({ phase }) => phase).sort()).toEqual(['active', 'next']);
    const stored = await rows(
      "select encode(sealed_private_jwk, 'escape') as sealed from auth_signing_keys",
    );
    for (const { sealed } of stored) expect(String(sealed)).not.toMatch(/"d"/);
    expect((await tokenward('keys list', { DATABASE_URL: database.url })).code).toBe(2);
  });

  it('keys revoke writes the ledger entry, removes the private key, and refuses an unknown kid', async () => {
    const before = jsonOf<ListedKeys>(await tokenward('keys list --json', env)).keys;
    const active = before.find(({ phase }) => phase === 'active')?.kid ?? '';
    const typo = await tokenward(`keys revoke ${active}x`, env);
    expect([typo.code, await rows(`select count(*)::int as n from auth_revocations`)]).toEqual([
      1,
      [{ n: 0 }],
    ]);
    expect(await tokenward(`keys revoke ${active}`, env)).toMatchObject({ code: 0, error: '' });
    expect(await rows(`select kind, subject from auth_revocations`)).toEqual([
      { kind: 'key', subject: active },
    ]);
    // an operator is not a user
    expect(await rows(`select type, actor from auth_audit`)).toEqual([
      { type: 'key.revoked', actor: null },
    ]);
    expect(
      await rows(
        `select count(*)::int as n from auth_signing_keys where sealed_private_jwk is null and revoked_at is not null`,
      ),
    ).toEqual([{ n: 1 }]);
    const after = jsonOf<ListedKeys>(await tokenward('keys list --json', env)).keys;
    expect(after.map(({ phase }) => phase).sort()).toEqual(['active', 'revoked']);
  });

  it('keys revoke of the last key creates one that signs at once', async () => {
    const last = jsonOf<ListedKeys>(await tokenward('keys list --json', env)).keys.find(
      ({ phase }) => phase === 'active',
    );
    const { replacedBy } = jsonOf<{ replacedBy: string }>(
      await tokenward(`keys revoke ${last?.kid ?? ''} --json`, env),
    );
    const { keys } = jsonOf<ListedKeys>(await tokenward('keys list --json', env));
    expect(keys.filter(({ phase }) => phase === 'active').map(({ kid }) => kid)).toEqual([
      replacedBy,
    ]);
  });

  it('sessions cleanup removes what ended long ago, and nothing else', async () => {
    await rows(`insert into auth_subjects (subject) values ('u')`);
    for (const [id, ended] of [
      ['00000000-0000-4000-8000-000000000001', `now() - interval '40 days'`],
      ['00000000-0000-4000-8000-000000000002', 'null'],
    ] as const)
      await rows(
        `insert into auth_sessions (id, subject, epoch, token_hash, transport, auth_time, idle_expires_at, absolute_expires_at, ended_at)
          values ('${id}', 'u', 1, '\\x00', 'bearer', now(), now() + interval '1 day', now() + interval '1 day', ${ended})`,
      );
    for (const [hash, expires] of [
      ['\\x01', `now() - interval '1s'`],
      ['\\x02', `now() + interval '1h'`],
    ] as const) {
      await rows(
        `insert into auth_one_time_tokens (hash, kind, data, tries_left, created_at, expires_at) values ('${hash}', 'k', '{}', 1, now(), ${expires})`,
      );
      await rows(
        `insert into auth_api_keys (id, hash, subject, name, created_at, expires_at) values ('${hash}', '${hash}', 'u', 'robot', now(), ${expires})`,
      );
    }
    const { out } = await tokenward('sessions cleanup --keep 30d --json', env);
    expect(JSON.parse(out)).toEqual({ removed: 3 });
    for (const table of ['auth_one_time_tokens', 'auth_api_keys'])
      expect(await rows(`select count(*)::int as n from ${table}`)).toEqual([{ n: 1 }]);
    expect(await rows('select id from auth_sessions')).toEqual([
      { id: '00000000-0000-4000-8000-000000000002' },
    ]);
  });

  // T-cjzq
  it('after-restore ends every session and refuses every token issued before, and only with --yes', async () => {
    expect((await tokenward('after-restore', env)).code).toBe(2);
    expect(
      await rows('select count(*)::int as n from auth_sessions where ended_at is null'),
    ).toEqual([{ n: 1 }]);
    const { code, out } = await tokenward('after-restore --yes --json', env);
    expect([code, JSON.parse(out)]).toMatchObject([0, { sessionsEnded: 1 }]);
    expect(
      await rows('select count(*)::int as n from auth_sessions where ended_at is null'),
    ).toEqual([{ n: 0 }]);
    expect(
      await rows(`select count(*)::int as n from auth_revocations where kind = 'all'`),
    ).toEqual([{ n: 1 }]);
    expect(await rows(`select actor from auth_audit where type = 'everything.revoked'`)).toEqual([
      { actor: null },
    ]);
  });

  it('keys revoke refuses a kid that nobody ever had, and --yes overrides that', async () => {
    const count = () =>
      rows(`select count(*)::int as n from auth_revocations where subject = 'no-such-kid'`);
    const bare = { DATABASE_URL: database.url };
    const { code, error } = await tokenward('keys revoke no-such-kid', bare);
    expect([code, error, await count()]).toEqual([
      1,
      expect.stringMatching(/nothing was revoked/),
      [{ n: 0 }],
    ]);
    expect(await tokenward('keys revoke no-such-kid --yes', bare)).toMatchObject({ code: 0 });
    expect(await count()).toEqual([{ n: 1 }]);
    // a static key: its name is all that the database knows of it
    await rows(`insert into auth_key_sightings values ('static', now())`);
    expect(await tokenward('keys revoke static', bare)).toMatchObject({ code: 0, error: '' });
  });

  it('--schema names the tables of another application, and a wrong schema is an error', async () => {
    const bare = { DATABASE_URL: database.url };
    expect(await tokenward('migrate --schema staff', bare)).toMatchObject({ code: 0, error: '' });
    await rows(`insert into staff.auth_key_sightings values ('staff-key', now())`);
    expect((await tokenward('keys revoke staff-key', bare)).code).toBe(1);
    expect(await tokenward('keys revoke staff-key --schema staff', bare)).toMatchObject({
      code: 0,
    });
    expect(await rows(`select kind, subject from staff.auth_revocations`)).toEqual([
      { kind: 'key', subject: 'staff-key' },
    ]);
    const nowhere = await tokenward('after-restore --yes --schema nowhere', bare);
    expect([nowhere.code, nowhere.out]).toEqual([1, '']);
    const empty = await tokenward('after-restore --yes --schema staff', bare);
    expect([empty.code, empty.error]).toEqual([
      1,
      expect.stringMatching(/nothing was ended; are --schema and --prefix/),
    ]);
    expect((await tokenward('keys list --prefix x;y', bare)).code).toBe(2);
  });

  // T-9dpn
  it('after-restore revokes the keys of the backup except those that are kept, and creates one that signs', async () => {
    const before = jsonOf<ListedKeys>(await tokenward('keys list --json', env)).keys;
    const active = before.find(({ phase }) => phase === 'active')?.kid ?? '';
    expect((await tokenward('after-restore --yes --keep-key nobody', env)).code).toBe(1);
    const kept = await tokenward(`after-restore --yes --keep-key ${active} --json`, env);
    expect([kept.code, kept.error]).toEqual([1, expect.stringMatching(/nothing was ended/)]);
    const asked = Math.floor(Date.now() / 1000);
    const ended = await tokenward('after-restore --yes --clock-tolerance 60s --json', env);
    const { keysRevoked, made } = jsonOf<{ keysRevoked: string[]; made: string }>(ended);
    expect([ended.code, keysRevoked]).toEqual([0, [active]]);
    const after = jsonOf<ListedKeys>(await tokenward('keys list --json', env)).keys;
    expect(after.filter(({ phase }) => phase === 'active').map(({ kid }) => kid)).toEqual([made]);
    const [all] = await rows(
      `select max(issued_before)::int as before from auth_revocations where kind = 'all'`,
    );
    expect(Number(all?.['before'])).toBeGreaterThanOrEqual(asked + 60);
  });

  it('keys revoke --dir also works for keys in PEM and in sets, and writes the ledger first', async () => {
    const dir = scratchDir('mounted');
    const pem = (await tokenward('keys generate --stdout --algorithm ES256', {})).out;
    writeFileSync(join(dir, 'jwt.pem'), pem, { mode: 0o600 });
    const listedIn = async () =>
      jsonOf<ListedKeys>(await tokenward(`keys list --dir ${dir} --json`, {})).keys;
    const [{ kid = '' } = {}] = await listedIn();
    expect((await tokenward(`keys revoke ${kid}x --dir ${dir}`, env)).code).toBe(1);
    expect(
      await tokenward(`keys revoke ${kid} --dir ${dir}`, { DATABASE_URL: database.url }),
    ).toMatchObject({
      code: 0,
      error: '',
    });
    expect(await rows(`select kind from auth_revocations where subject = '${kid}'`)).toEqual([
      { kind: 'key' },
    ]);
    expect((await listedIn()).map(({ phase }) => phase).sort()).toEqual(['active', 'revoked']);
  });
});
