import { randomBytes } from 'node:crypto';
import type { AuthModuleOptions } from '@tokenward/nestjs';
import type { FactorMethod } from '@tokenward/nestjs/options';
import { passkeys } from '@tokenward/nestjs/passkeys';
import { totp } from '@tokenward/nestjs/totp';
import { eq } from 'drizzle-orm';
import type { FactorSettings } from '../config/index.js';
import type { DemoDatabase } from '../database/database.module.js';
import { tellingNoValues } from '../database/failed-query.js';
import { secrets } from '../database/schema.js';

const NAME = 'factors';

/** All factors. The rp id of passkeys is the host name of the request, so that the demo works under any name. */
export async function factorOptions(
  { secondFactors, encryptionKeys }: FactorSettings,
  elsewhere: readonly FactorMethod[],
  database: DemoDatabase,
): Promise<AuthModuleOptions['factors']> {
  if (secondFactors === 'off') return elsewhere.length > 0 ? { methods: elsewhere } : undefined;
  const own = [totp({ issuer: 'Tokenward demo' }), passkeys({ rpName: 'Tokenward demo' })];
  return {
    methods: [...own, ...elsewhere],
    encryptionKeys: encryptionKeys ?? [await tellingNoValues(ownKey(database))],
  };
}

/**
 * Created once and shared by all processes. It is in the same database as the secrets, so it does not protect against
 * a theft of the whole database: set FACTOR_ENCRYPTION_KEYS.
 */
async function ownKey(database: DemoDatabase): Promise<string> {
  const value = `own:${randomBytes(32).toString('base64url')}`;
  await database.insert(secrets).values({ name: NAME, value }).onConflictDoNothing();
  const [kept] = await database.select().from(secrets).where(eq(secrets.name, NAME));
  return kept?.value ?? value;
}
