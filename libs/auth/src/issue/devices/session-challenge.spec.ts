import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SystemEntropy } from '../../common/entropy.js';
import { RefreshSecrets } from '../sessions/refresh-secrets.js';
import {
  CHALLENGE_LIFETIME_MS,
  type ChallengeOf,
  mintChallenge,
  oldestChallengeId,
  openChallenge,
} from './session-challenge.js';

const entropy = new SystemEntropy();
const line = (id: string): string => `${id}:${entropy.bytes(32).toString('base64url')}`;
const [old, recent] = [line('old'), line('new')];
const NOW = 1_795_938_716_239;
const sessionId = randomUUID();
const wanted: ChallengeOf = { kind: 'refresh', sessionId };
const ring = RefreshSecrets.parse([old]);
const text = mintChallenge(ring, wanted, NOW, entropy);

const flipped = (at: number): string => {
  const bytes = Buffer.from(text, 'base64url');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes.toString('base64url');
};

describe('a challenge for a bound session', () => {
  const open = (
    given = text,
    {
      of = wanted,
      by = ring,
      ageMs = 0,
    }: { of?: ChallengeOf; by?: RefreshSecrets; ageMs?: number } = {},
  ) => openChallenge(by, of, given, { nowMs: NOW + ageMs, toleranceMs: 30_000 });

  it('is valid for its session and kind under any secret of the ring, and differs each time', () => {
    expect(open()).toEqual({ kind: 'fresh', id: expect.stringMatching(/^[0-9a-f]{44}$/) });
    expect(open(text, { by: RefreshSecrets.parse([recent, old]) })).toEqual(open());
    expect(mintChallenge(ring, wanted, NOW, entropy)).not.toBe(text);
  });

  it.each<[string, string, Parameters<typeof open>[1]]>([
    ['of another session', text, { of: { ...wanted, sessionId: randomUUID() } }],
    ['of the other kind', text, { of: { ...wanted, kind: 'registration' } }],
    ['by a secret that is not in the ring', text, { by: RefreshSecrets.parse([recent]) }],
    ['with another kind byte', flipped(0), {}],
    ['with another time', flipped(6), {}],
    ['with other random bytes', flipped(20), {}],
    ['with another MAC', flipped(38), {}],
    ['that is empty', '', {}],
    ['that is longer', `${text}AAAA`, {}],
    ['that is padded', `${text}=`, {}],
    ['of other characters', text.replace(/.$/, '+'), {}],
  ])('one %s is foreign', (_name, given, how) => {
    expect(open(given, how)).toEqual({ kind: 'foreign' });
  });

  // T-dcnw
  it.each([
    [CHALLENGE_LIFETIME_MS, 'fresh'],
    [CHALLENGE_LIFETIME_MS + 1, 'stale'],
    [-30_000, 'fresh'],
    [-30_001, 'stale'],
  ])('at an age of %d ms it is %s', (ageMs, kind) => {
    expect(open(text, { ageMs }).kind).toBe(kind);
  });

  it('has an id that is kept until it is stale on every process', () => {
    const { id } = open() as { id: string };
    const limit = CHALLENGE_LIFETIME_MS + 60_000;
    expect(oldestChallengeId({ nowMs: NOW + limit, toleranceMs: 30_000 }) <= id).toBe(true);
    expect(oldestChallengeId({ nowMs: NOW + limit + 1, toleranceMs: 30_000 }) > id).toBe(true);
  });
});
