import { describe, expect, it } from '@jest/globals';
import { SystemEntropy } from '../../common/entropy.js';
import { RefreshSecrets } from '../sessions/refresh-secrets.js';
import { isLiveSignInChallenge, mintSignInChallenge } from './sign-in-challenge.js';

const entropy = new SystemEntropy();
const line = (id: string): string => `${id}:${entropy.bytes(32).toString('base64url')}`;
const [old, recent] = [line('old'), line('new')];
const UNTIL = 1_795_938_716_239;
const ring = RefreshSecrets.parse([old]);
const text = mintSignInChallenge(ring, UNTIL, entropy);

const flipped = (at: number): string => {
  const bytes = Buffer.from(text, 'base64url');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes.toString('base64url');
};

describe('a challenge for a passkey sign-in', () => {
  it('is valid until it expires under any secret of the ring, and differs each time', () => {
    expect(isLiveSignInChallenge(ring, text, UNTIL - 1)).toBe(true);
    expect(isLiveSignInChallenge(ring, text, UNTIL)).toBe(false);
    expect(isLiveSignInChallenge(RefreshSecrets.parse([recent, old]), text, UNTIL - 1)).toBe(true);
    expect(mintSignInChallenge(ring, UNTIL, entropy)).not.toBe(text);
  });

  it('of a second step is for its own ticket alone', () => {
    const of = mintSignInChallenge(ring, UNTIL, entropy, 'mine');
    expect(['mine', 'theirs', ''].map((each) => isLiveSignInChallenge(ring, of, 0, each))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each<[string, string, RefreshSecrets?]>([
    ['by a secret that is not in the ring', text, RefreshSecrets.parse([recent])],
    ['for the second step of a login', mintSignInChallenge(ring, UNTIL, entropy, 'ticket')],
    ['with a later time', flipped(2)],
    ['with other random bytes', flipped(12)],
    ['with another MAC', flipped(20)],
    ['that is empty', ''],
    ['that is longer', `${text}A`],
    ['that is padded', `${text}=`],
  ])('one %s is not', (_name, given, by = ring) => {
    expect(isLiveSignInChallenge(by, given, 0)).toBe(false);
  });
});
