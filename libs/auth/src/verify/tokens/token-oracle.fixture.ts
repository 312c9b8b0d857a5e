import fc from 'fast-check';
import { ISSUER, NOW } from './forge.fixture.js';
import type { JsonObject } from './strict-json.js';

/** Right and wrong values of claims and of header members. */
export const VALUES = [
  '',
  'api',
  'other',
  ISSUER,
  'main',
  'HS256',
  'none',
  'hs256',
  'at+jwt',
  'AT+JWT',
  'application/at+jwt',
  'jwt',
  ' at+jwt',
  0,
  1,
  -1,
  1.5,
  '1',
  null,
  true,
  undefined,
  NOW,
  NOW - 1,
  NOW + 1,
  NOW + 29,
  NOW + 30,
  NOW + 31,
  NOW - 30,
  NOW - 31,
  NOW + 3600,
  NOW + 3601,
  1e300,
  2 ** 53,
  [],
  ['api'],
  ['other'],
  ['other', 'api'],
  ['api', 1],
  [['api']],
  {},
  { api: 1 },
];

export function changesOf(names: readonly string[]): fc.Arbitrary<JsonObject> {
  const change = fc.tuple(fc.nat(names.length - 1), fc.nat(VALUES.length - 1));
  return fc
    .array(change, { minLength: 1, maxLength: 3 })
    .map((changes) =>
      Object.fromEntries(changes.map(([name, value]) => [names[name], VALUES[value]])),
    );
}

/** A copy through JSON: undefined members vanish and NaN becomes null. */
export function throughJson(value: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

/** A second implementation of the header's rules of contract, section 1. */
export function isGoodHeader(members: JsonObject): boolean {
  const refusedNames = ['crit', 'b64', 'zip', 'jwk', 'jku', 'x5c', 'x5u'];
  if (Object.keys(members).some((name) => refusedNames.includes(name))) return false;
  const { typ, kid, alg } = members;
  return (
    typeof typ === 'string' &&
    /^(?:application\/)?at\+jwt$/i.test(typ) &&
    kid === 'main' &&
    alg === 'HS256'
  );
}

/**
 * A second implementation of the claims' rules of contract, section 1; the clock is at `NOW`, the tolerance is 30 s.
 */
export function isGoodPayload(claims: JsonObject): boolean {
  const {
    iss,
    aud,
    iat,
    nbf,
    exp,
    tokenVersion,
    role,
    permissions,
    auth_time: authTime,
    amr,
  } = claims;
  const texts = (list: unknown): list is string[] =>
    Array.isArray(list) && list.every((each) => typeof each === 'string');
  const whole = (number: unknown): number is number => Number.isSafeInteger(number);
  const named = ['sub', 'sid', 'jti'].every((name) => {
    const value = claims[name];
    return typeof value === 'string' && value !== '' && !value.includes('\0');
  });
  const time = (number: unknown): number is number => whole(number) && number >= 0;
  const ours = iss === ISSUER && (aud === 'api' || (texts(aud) && aud.includes('api')));
  if (!named || !ours || !time(iat) || !time(nbf) || !time(exp)) return false;
  if (!whole(tokenVersion) || tokenVersion < 1 || tokenVersion > 2_147_483_647) return false;
  if (role !== undefined && (typeof role !== 'string' || role === '')) return false;
  if (permissions !== undefined && !texts(permissions)) return false;
  if (authTime !== undefined && (!time(authTime) || authTime > NOW + 30)) return false;
  if (amr !== undefined && !texts(amr)) return false;
  if (String(claims.jti).length > 128) return false;
  const lives = exp - iat > 0 && exp - iat <= 3600;
  return lives && iat <= NOW + 30 && nbf <= NOW + 30 && exp + 30 > NOW;
}

/** The same text with a member of its outermost object named twice, the second time perhaps in escapes. */
export function repeated(text: string, where: number, escape: boolean): string {
  const again = escape ? '"\\u0061":1' : '"a":1';
  return where % 2 === 0 ? `{${again},${text.slice(1)}` : `${text.slice(0, -1)},${again}}`;
}
