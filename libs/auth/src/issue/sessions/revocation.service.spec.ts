import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { ActedBy } from '../../storage/store-change.js';
import { foreignName, foreignVersion } from '../../storage/foreign-names.js';
import type { LedgerEntry } from '../../storage/ledger-entry.js';
import type { RevocationLedgerStore } from '../../storage/revocation-ledger.port.js';
import type { SessionStore } from '../../storage/session-store.port.js';
import { ManualClock } from '../../testing/manual-clock.js';
import type { Announcer } from './announcer.service.js';
import { RevocationService } from './revocation.service.js';

const NOW = Date.UTC(2026, 10, 29);
const MINUTE = 60_000;
const UUID = '0f9d1c2a-3b4c-4d5e-8f60-718293a4b5c6';
const PARTNER = 'https://partner.example';
const by = { actorId: 'boss' } as ActedBy;

let appended: { readonly entries: readonly LedgerEntry[]; readonly by?: ActedBy }[];
let announced: unknown[];
let ended: unknown[][];
const change = { entries: [], events: [] };
beforeEach(() => {
  [appended, announced, ended] = [[], [], []];
});
function service(issuers: readonly string[] = []): RevocationService {
  const ledger = {
    append: (entries: readonly LedgerEntry[], actor?: ActedBy) => {
      appended.push({ entries, by: actor });
      return Promise.resolve(change);
    },
  };
  const sessions = {
    endAll: (...asked: unknown[]) => (ended.push(asked), Promise.resolve(change)),
  };
  const announcer = { announce: (given: unknown) => Promise.resolve(void announced.push(given)) };
  const options = {
    trustedIssuers: issuers.map((issuer) => ({ issuer })),
    accessToken: { clockToleranceSeconds: 30 },
  };
  return new RevocationService(
    ledger as unknown as RevocationLedgerStore,
    sessions as unknown as SessionStore,
    announcer as unknown as Announcer,
    options as unknown as ResolvedAuthOptions,
    new ManualClock(NOW),
  );
}
const token = (id: string, expiresAt: number) => ({ kind: 'token', id, value: 0, expiresAt });
const EXP = NOW / 1_000 + 900;
/** An hour for a clock that is behind the database's, and twice the greatest tolerance. */
const UNTIL = EXP * 1_000 + 70 * MINUTE;

describe('a token that is revoked', () => {
  it('has an entry that outlives it also where this clock is an hour behind the database’s, with who did it, and is announced', async () => {
    await service().revokeToken(UUID, EXP, by);
    expect(appended).toEqual([{ entries: [token(UUID, UNTIL)], by }]);
    expect(announced).toEqual([change]);
  });

  it.each([
    ['in capitals', UUID.toUpperCase()],
    ['without hyphens', UUID.replaceAll('-', '')],
    ['in braces', `{${UUID}}`],
  ])('that is written %s is revoked as given and in our spelling', async (_, given) => {
    await service().revokeToken(given, EXP);
    expect(appended[0]?.entries).toEqual([token(given, UNTIL), token(UUID, UNTIL)]);
  });

  it.each([`x${UUID}`, `${UUID}x`, 'Some-Id', 'j'.repeat(128), 'j'])(
    'is revoked as given where it is not a UUID: %s',
    async (given) => {
      await service().revokeToken(given, EXP);
      expect(appended[0]?.entries).toEqual([token(given, UNTIL)]);
    },
  );

  it('is revoked for each trusted issuer, too', async () => {
    await service([PARTNER, 'https://other.example']).revokeToken(UUID, EXP);
    expect(appended[0]?.entries.map(({ id }) => id)).toEqual([
      UUID,
      foreignName('token', PARTNER, UUID),
      foreignName('token', 'https://other.example', UUID),
    ]);
  });

  it.each([
    ['in milliseconds', NOW],
    ['beyond every date', Number.MAX_SAFE_INTEGER],
    ['a year and two days ahead', NOW / 1_000 + 367 * 86_400],
  ])('with an exp %s is revoked for a year and a day', async (_, exp) => {
    await service().revokeToken(UUID, exp);
    expect(appended[0]?.entries[0]?.expiresAt).toBe(NOW + 366 * 86_400_000 + 70 * MINUTE);
  });

  it('may have an exp of 0', async () => {
    await service().revokeToken(UUID, 0);
    expect(appended[0]?.entries[0]?.expiresAt).toBe(70 * MINUTE);
  });

  const jti = 'no token has that jti: it has 1 to 128 characters';
  const exp = 'exp is not a whole number of seconds';
  it.each<[string, string, number, string]>([
    ['nothing', '', EXP, jti],
    ['129 characters', 'j'.repeat(129), EXP, jti],
    ['a control character', 'a\0', EXP, jti],
    ['a line break', 'a\n', EXP, jti],
    ['a fraction', UUID, EXP + 0.5, exp],
    ['a negative exp', UUID, -1, exp],
    ['no number', UUID, NaN, exp],
  ])('is not one with %s', async (_, id, expiresAt, detail) => {
    await expect(service().revokeToken(id, expiresAt)).rejects.toMatchObject({
      reason: 'input_invalid',
      detail,
    });
    expect(appended).toEqual([]);
  });
});

describe('what another issuer issued', () => {
  const expiresAt = NOW + 86_400_000 + 70 * MINUTE;

  it('is revoked by token, under the name of its issuer', async () => {
    const trusting = service([PARTNER, 'https://other.example']);
    await trusting.revokeForeign({ issuer: PARTNER, jti: 'j' }, by);
    const entry = token(foreignName('token', PARTNER, 'j'), expiresAt);
    expect([appended, announced]).toEqual([[{ entries: [entry], by }], [change]]);
  });

  it('is revoked by subject: all that may have been issued until now by its clock', async () => {
    await service([PARTNER]).revokeForeign({ issuer: PARTNER, sub: 's' });
    const value = foreignVersion(NOW / 1_000 + 30) + 1;
    const id = foreignName('subject', PARTNER, 's');
    expect(appended[0]?.entries).toEqual([{ kind: 'user', id, value, expiresAt }]);
  });

  it('is not revoked for an issuer that is not trusted', async () => {
    const revoking = service([PARTNER]).revokeForeign({ issuer: `${PARTNER}/`, jti: 'j' });
    await expect(revoking).rejects.toMatchObject({
      reason: 'input_invalid',
      detail: 'trustedIssuers has no such issuer: name it there, to the letter',
    });
    expect(appended).toEqual([]);
  });
});

describe('a key, and all of a user', () => {
  it('are ended and announced', async () => {
    await service().revokeKey('k1', by);
    expect(appended).toMatchObject([{ entries: [{ kind: 'key', id: 'k1' }], by }]);
    await service().endAll('u', 'user_disabled', by);
    expect([ended, announced]).toEqual([[['u', 'user_disabled', by]], [change, change]]);
  });
});
