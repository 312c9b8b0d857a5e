import { Logger } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { AuthError } from '../common/auth-error.js';
import type { Duration } from '../common/duration.js';
import { SystemEntropy } from '../common/entropy.js';
import { duration, group, list, text } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import { type GeneratedJwk, generateSigningJwk, publicHalf } from '../issue/keys/generate-key.js';
import {
  KeySource,
  type RotationRequest,
  type SourceJwk,
  type SourceKeys,
} from '../storage/key-source.port.js';
import { SealingRing } from '../issue/keys/sealed-key.js';
import { AuthDatabase } from './auth-database.js';
import { type Database, type Row, rows, type Transaction } from './database.js';
import { type AuthSchema, authSchemaHandle, createAuthSchema } from './schema.js';

export interface DrizzleKeySourceOptions {
  /**
   * `id:base64url` of 32 bytes each, from the environment. The first key encrypts private keys; all
   * of them decrypt. `tokenward secret --encryption` makes one.
   */
  readonly encryptionKeys: readonly string[];
  /** The result of `createAuthSchema()`, if the tables have another prefix or schema. */
  readonly schema?: AuthSchema;
  /** Deadline of one transaction. Default `2s`. */
  readonly deadline?: Duration;
}

export const drizzleKeySourceSchema = group({
  encryptionKeys: list(
    text('id:base64url of 32 bytes; make one with `tokenward secret --encryption`'),
  ),
  schema: authSchemaHandle().optional(),
  deadline: duration('10ms', '60s').prefault('2s'),
});

/**
 * Signing keys in Postgres, shared by all processes. Private halves are sealed with AES-256-GCM,
 * bound to their `kid`. The source makes the first key, and later ones at the age that
 * `keyRotation.rotateAfter` sets.
 */
export function drizzleKeySource<TSchema extends Record<string, unknown>>(
  db: NodePgDatabase<TSchema>,
  options: DrizzleKeySourceOptions,
): KeySource {
  return new DrizzleKeySource(db as unknown as Database, options);
}

class DrizzleKeySource extends KeySource {
  readonly name = 'signing keys in Postgres';
  readonly #database: AuthDatabase;
  readonly #ring: SealingRing;
  readonly #deadlineMs: number;
  readonly #entropy = new SystemEntropy();
  readonly #logger = new Logger('Tokenward');
  #others = 0;

  constructor(db: Database, options: DrizzleKeySourceOptions) {
    super();
    const of = 'drizzleKeySource';
    const given = readOptions(drizzleKeySourceSchema, options, { of, prefix: of });
    const schema = given.schema ?? createAuthSchema();
    this.#database = new AuthDatabase(db, schema, { option: of, tables: ['signingKeys'] });
    this.#ring = new SealingRing(given.encryptionKeys, 'drizzleKeySource.encryptionKeys');
    this.#deadlineMs = given.deadline;
  }

  get #table(): AuthSchema['signingKeys'] {
    return this.#database.tables.signingKeys;
  }

  async load(): Promise<SourceKeys> {
    const found = await this.#database.read(
      'read the signing keys',
      this.#deadlineMs,
      () => sql`select kid, algorithm, public_jwk, sealed_private_jwk,
        extract(epoch from created_at)::float8 as created_at, extract(epoch from signs_from)::float8 as signs_from,
        extract(epoch from revoked_at)::float8 as revoked_at from ${this.#table} order by signs_from, kid`,
    );
    const genuine = found.filter(
      (row) => row['revoked_at'] !== null || Buffer.isBuffer(row['sealed_private_jwk']),
    );
    this.#tellOfOthers(found.length - genuine.length);
    return { keys: genuine.map((row) => this.#jwkOf(row)) };
  }

  /** Every genuine key has a sealed private half. An attacker who can only write to the table cannot make one. */
  #tellOfOthers(count: number): void {
    if (count === this.#others) return;
    this.#others = count;
    if (count > 0)
      this.#logger.error(
        `${String(count)} rows of ${this.name} have no sealed private half: Tokenward did not write them, and they verify nothing; find out who did`,
      );
  }

  /** Only one process makes the key: whether one is due is decided under a lock, by the database's clock. */
  override async rotate(request: RotationRequest): Promise<'rotated' | 'not_due'> {
    if (request.revoked.length > 0) await this.#markRevoked(request.revoked);
    if (!(await this.#transaction((tx) => this.#isDue(tx, request)))) return 'not_due';
    // an RSA key takes long to make, so it is made outside the lock; the database sets the times
    const jwk = await generateSigningJwk(request.algorithm, { iat: 0, nbf: 0 });
    return this.#transaction(async (tx) => {
      await rows(tx, sql`select pg_advisory_xact_lock(hashtext('tokenward.signing_keys'))`);
      if (!(await this.#isDue(tx, request))) return 'not_due';
      await this.#insert(tx, jwk, request);
      await this.#forgetGone(tx, request);
      return 'rotated';
    });
  }

  /** Every later read of the table still refuses what the key signed. The private half is deleted. */
  async #markRevoked(kids: readonly string[]): Promise<void> {
    await this.#transaction((tx) =>
      rows(
        tx,
        sql`update ${this.#table} set revoked_at = now(), sealed_private_jwk = null
          where revoked_at is null and kid in ${[...kids]}`,
      ),
    );
  }

  async #isDue(tx: Transaction, request: RotationRequest): Promise<boolean> {
    const { whenOlderThanMs, revoked } = request;
    const [row] = await rows(
      tx,
      sql`select count(*)::int as usable, (extract(epoch from clock_timestamp() - max(created_at)) * 1000)::float8 as age
        from ${this.#table} where revoked_at is null and sealed_private_jwk is not null
        ${revoked.length > 0 ? sql`and kid not in ${[...revoked]}` : sql``}`,
    );
    if (Number(row?.['usable']) === 0) return true;
    return whenOlderThanMs !== undefined && Number(row?.['age']) >= whenOlderThanMs;
  }

  /**
   * The first key signs at once, because no verifier has cached anything yet. A key that replaces a
   * revoked one also signs at once.
   */
  async #insert(
    tx: Transaction,
    jwk: GeneratedJwk,
    { leadTimeMs, revoked }: RotationRequest,
  ): Promise<void> {
    const [clock] = await rows(
      tx,
      sql`select extract(epoch from clock_timestamp())::float8 as now, exists (select 1 from ${this.#table}
        where revoked_at is null and sealed_private_jwk is not null
        ${revoked.length > 0 ? sql`and kid not in ${[...revoked]}` : sql``}) as waits`,
    );
    const iat = Number(clock?.['now']);
    const nbf = clock?.['waits'] === true ? iat + leadTimeMs / 1000 : iat;
    const { iat: _made, nbf: _from, ...published } = publicHalf(jwk);
    // the times are sealed with the key: anyone who can write to the table can change the columns,
    // which are only for reading by people
    const sealed = this.#ring.seal(
      Buffer.from(JSON.stringify({ ...jwk, iat, nbf }), 'utf8'),
      contextOf(jwk.kid, jwk.alg),
      this.#entropy,
    );
    await rows(
      tx,
      sql`insert into ${this.#table} (kid, algorithm, public_jwk, sealed_private_jwk, created_at, signs_from)
        values (${jwk.kid}, ${jwk.alg}, ${JSON.stringify(published)}, ${sealed},
          to_timestamp(${iat}::float8), to_timestamp(${nbf}::float8))`,
    );
  }

  /** Removes a key once its successor has signed for longer than any token lives. */
  async #forgetGone(tx: Transaction, { retainMs }: RotationRequest): Promise<void> {
    await rows(
      tx,
      sql`delete from ${this.#table} where revoked_at is null and signs_from < (
        select max(signs_from) from ${this.#table}
        where revoked_at is null and signs_from < clock_timestamp() - ${retainMs}::float8 * interval '1 millisecond')`,
    );
  }

  #jwkOf(row: Row): SourceJwk {
    const kid = String(row['kid']);
    const sealed = row['sealed_private_jwk'];
    const text = Buffer.isBuffer(sealed)
      ? this.#ring.open(
          sealed,
          contextOf(kid, String(row['algorithm'])),
          `signing key ${JSON.stringify(kid)}`,
        )
      : String(row['public_jwk']);
    const revoked = row['revoked_at'] === null ? {} : { revoked: Number(row['revoked_at']) };
    const jwk = parsed(kid, text.toString());
    // a row of the previous release has its times only in the columns
    return { iat: Number(row['created_at']), nbf: Number(row['signs_from']), ...jwk, ...revoked };
  }

  #transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#database.transaction('rotate the signing keys', this.#deadlineMs, work);
  }
}

function contextOf(kid: string, algorithm: string): readonly string[] {
  return ['signing key', kid, algorithm];
}

/** The sealed content must name the same key as the row. */
function parsed(kid: string, text: string): SourceJwk {
  const jwk = JSON.parse(text) as SourceJwk;
  if (jwk.kid !== kid)
    throw AuthError.configuration(
      `signing key ${JSON.stringify(kid)}`,
      'holds a key of another kid than its name says',
    );
  return jwk;
}
