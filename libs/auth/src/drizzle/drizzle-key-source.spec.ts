import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { createDatabase, type TestDatabase, testPool } from '../../../../test/support/databases.js';
import type { KeySource, RotationRequest, SourceJwk } from '../storage/key-source.port.js';
import { SystemEntropy } from '../common/entropy.js';
import { SealingRing } from '../issue/keys/sealed-key.js';
import { drizzleKeySource } from './drizzle-key-source.store.js';
import { AuthDatabase } from './auth-database.js';
import { DrizzleKeySightings } from './drizzle-key-sightings.store.js';
import { DrizzleRefreshSecretsStore } from './drizzle-refresh-secrets.store.js';
import { migrateAuth } from './migrate.js';
import { createAuthSchema } from './schema.js';
import { jwkMembers } from '../verify/keys/jwk-members.js';

const line = (id: string) => `${id}:${randomBytes(32).toString('base64url')}`;
const [first, second] = [line('one'), line('two')];
const due: RotationRequest = {
  algorithm: 'ES256',
  leadTimeMs: 60_000,
  revoked: [],
  retainMs: 60_000,
};

let test: TestDatabase;
let pool: pg.Pool;
let db: NodePgDatabase & { $client: pg.Pool };
let source: KeySource;
const rotate = (changes: Partial<RotationRequest> = {}) => source.rotate?.({ ...due, ...changes });
const load = async (from = source) => (await from.load()).keys;
const signs = (keys: readonly SourceJwk[]) => keys.map(({ d }) => typeof d);

beforeAll(async () => {
  test = await createDatabase();
  pool = testPool({ connectionString: test.url });
  db = drizzle(pool);
  await migrateAuth(db);
});
afterAll(async () => {
  await pool.end();
  await test.drop();
});
beforeEach(async () => {
  await pool.query('truncate auth_signing_keys');
  source = drizzleKeySource(db, { encryptionKeys: [first] });
});

describe('signing keys in Postgres', () => {
  it('twenty processes that start together share one key, which signs at once', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => rotate()));
    expect(made.filter((each) => each === 'rotated')).toHaveLength(1);
    const [key, ...others] = await load();
    expect(others).toEqual([]);
    expect(key?.nbf).toBeLessThanOrEqual(Date.now() / 1000 + 1);
    expect(key?.d).toBeDefined();
  });

  // T-hm7b
  it('a row that somebody else inserted is not accepted as a key', async () => {
    await rotate();
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = { ...jwkMembers(publicKey), kid: 'mine', alg: 'RS256', use: 'sig' };
    await pool.query(
      `insert into auth_signing_keys (kid, algorithm, public_jwk, created_at, signs_from)
       values ('mine', 'RS256', $1, now(), now() - interval '1 minute')`,
      [JSON.stringify(jwk)],
    );
    const kids = (await load()).map(({ kid }) => kid);
    expect([kids.length, kids.includes('mine')]).toEqual([1, false]);
  });

  it('when the key is old enough, one process makes the next, published for its lead time', async () => {
    await rotate();
    expect(await rotate({ whenOlderThanMs: 60_000 })).toBe('not_due');
    await pool.query(
      `update auth_signing_keys set created_at = now() - interval '61 seconds', signs_from = now() - interval '61 seconds'`,
    );
    const made = await Promise.all(
      Array.from({ length: 10 }, () => rotate({ whenOlderThanMs: 60_000 })),
    );
    expect(made.filter((each) => each === 'rotated')).toHaveLength(1);
    const [old, next] = await load();
    expect((next?.nbf ?? 0) - (next?.iat ?? 0)).toBeCloseTo(60, 0);
    expect(old?.kid).not.toBe(next?.kid);
  });

  it('a key without tokens left to verify is removed by the next rotation', async () => {
    await rotate();
    await pool.query(
      `update auth_signing_keys set created_at = now() - interval '1 hour', signs_from = now() - interval '1 hour'`,
    );
    await rotate({ whenOlderThanMs: 1 });
    const [gone, kept] = await load();
    await pool.query(
      `update auth_signing_keys set created_at = now() - interval '30 minutes', signs_from = now() - interval '30 minutes' where kid = $1`,
      [kept?.kid],
    );
    await rotate({ whenOlderThanMs: 1 });
    const kids = (await load()).map(({ kid }) => kid);
    expect(kids).toHaveLength(2);
    expect(kids).toContain(kept?.kid);
    expect(kids).not.toContain(gone?.kid);
  });

  it('a revoked key loses its private half and is replaced at once', async () => {
    await rotate();
    const [bad] = await load();
    await rotate({ revoked: [String(bad?.kid)] });
    const keys = await load();
    expect(keys).toHaveLength(2);
    const [revoked, fresh] = [
      keys.find(({ kid }) => kid === bad?.kid),
      keys.find(({ kid }) => kid !== bad?.kid),
    ];
    expect(revoked).toMatchObject({ revoked: expect.any(Number) });
    expect(revoked?.d).toBeUndefined();
    expect(fresh?.nbf).toBeLessThanOrEqual(Date.now() / 1000 + 1);
    const { rows } = await pool.query<{ n: string }>(
      'select count(*) n from auth_signing_keys where sealed_private_jwk is null',
    );
    expect(rows[0]?.n).toBe('1');
  });

  // T-x577
  it('a copy of the database alone does not reveal a private key', async () => {
    await rotate();
    const [key] = await load();
    const { rows } = await pool.query<Record<string, unknown>>('select * from auth_signing_keys');
    const dump = Buffer.concat(
      Object.values(rows[0] ?? {}).map((each) =>
        Buffer.isBuffer(each) ? each : Buffer.from(String(each)),
      ),
    );
    expect(dump.includes(Buffer.from(String(key?.d), 'base64url'))).toBe(false);
    expect(dump.includes(String(key?.d))).toBe(false);
  });

  it('opens with a ring that still holds the encryption key, and with no other', async () => {
    await rotate();
    expect(signs(await load(drizzleKeySource(db, { encryptionKeys: [second, first] })))).toEqual([
      'string',
    ]);
    await expect(load(drizzleKeySource(db, { encryptionKeys: [second] }))).rejects.toThrow(
      /not configured/,
    );
    const impostor = line('one');
    await expect(load(drizzleKeySource(db, { encryptionKeys: [impostor] }))).rejects.toThrow(
      /does not open/,
    );
  });

  it.each([
    ['a private half under another name', `update auth_signing_keys set kid = 'other'`],
    ['a private half as another algorithm', `update auth_signing_keys set algorithm = 'ES384'`],
    [
      'a bit',
      `update auth_signing_keys set sealed_private_jwk = set_bit(sealed_private_jwk, octet_length(sealed_private_jwk) * 8 - 1, 1 - get_bit(sealed_private_jwk, octet_length(sealed_private_jwk) * 8 - 1))`,
    ],
    [
      'its end',
      `update auth_signing_keys set sealed_private_jwk = substring(sealed_private_jwk from 1 for 40)`,
    ],
  ])('%s changed by whoever writes the database: refused', async (_, statement) => {
    await rotate();
    await pool.query(statement);
    await expect(load()).rejects.toMatchObject({ reason: 'configuration_invalid' });
  });

  // T-2tvm
  it.each([
    ['when it signs', `update auth_signing_keys set signs_from = signs_from - interval '1 hour'`],
    ['when it was made', `update auth_signing_keys set created_at = created_at - interval '1 day'`],
    ['that it was revoked, taken back', `update auth_signing_keys set revoked_at = null`],
  ])('%s, changed by whoever writes the database, changes nothing', async (_, statement) => {
    await rotate();
    await rotate({ whenOlderThanMs: 0 });
    const [, revoked] = await load();
    await rotate({ revoked: [String(revoked?.kid)] });
    const was = (await load()).filter(({ d }) => d !== undefined);
    await pool.query(statement);
    expect((await load()).filter(({ kid }) => kid !== revoked?.kid)).toEqual(was);
    expect((await load()).find(({ kid }) => kid === revoked?.kid)?.d).toBeUndefined();
  });

  it('a row of the previous release, whose times are in its columns only, is read', async () => {
    await rotate();
    const [key] = await load();
    const { iat, nbf, ...material } = key ?? {};
    const sealed = new SealingRing([first], 'ring').seal(
      Buffer.from(JSON.stringify(material)),
      ['signing key', String(key?.kid), 'ES256'],
      new SystemEntropy(),
    );
    await pool.query(
      'update auth_signing_keys set sealed_private_jwk = $1, created_at = to_timestamp($2), signs_from = to_timestamp($3)',
      [sealed, Number(iat) - 100, Number(nbf) - 100],
    );
    const [old] = await load();
    expect(old).toMatchObject({ kid: key?.kid, d: key?.d });
    expect(old?.iat).toBeCloseTo(Number(iat) - 100, 2);
  });

  it.each([[[]], [['short:AAAA']], [['no separator']], [[first, first]]])(
    'a ring %p is refused at boot',
    (encryptionKeys) => {
      expect(() => drizzleKeySource(db, { encryptionKeys })).toThrow(
        /drizzleKeySource.encryptionKeys/,
      );
    },
  );
});

describe('refresh-token secrets in Postgres', () => {
  // T-mnfg
  it('the next secret is known before it mints, and the previous one stays valid', async () => {
    const peppers = new DrizzleRefreshSecretsStore(new AuthDatabase(db, createAuthSchema()), {
      deadlineMs: 2000,
    });
    const ids = async () =>
      (await peppers.loadOrCreate(line('unused'))).map((each) => each.split(':')[0]);
    await peppers.loadOrCreate(line('p1'));
    await peppers.rotate(line('p2'), 60_000, 3_600_000);
    expect(await ids()).toEqual(['p1', 'p2']);
    await pool.query(`update auth_peppers set mints_from = mints_from - interval '2 hours'`);
    expect(await ids()).toEqual(['p2', 'p1']);
    // p1 stopped minting more than an hour ago
    await peppers.rotate(line('p3'), 60_000, 3_600_000);
    expect(await ids()).toEqual(['p2', 'p3']);
  });
});

describe('sightings of keys in Postgres', () => {
  it('are never in the future, whatever a column of milliseconds rounds up to', async () => {
    const database = new AuthDatabase(db, createAuthSchema());
    const sightings = new DrizzleKeySightings(database, { deadlineMs: 5_000 });
    await pool.query("insert into auth_key_sightings values ('new', now() + interval '1 minute')");
    expect((await sightings.see(['new'])).get('new')).toBe(0);
  });
});
