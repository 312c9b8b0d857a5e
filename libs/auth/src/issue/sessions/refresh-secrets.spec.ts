import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import { RefreshSecrets } from './refresh-secrets.js';

const line = (id: string): string => `${id}:${randomBytes(32).toString('base64url')}`;
const idsOf = (ring: RefreshSecrets): string[] => ring.peppers.map(({ id }) => id);

describe('the keys of one secret', () => {
  const secret = createHash('sha256').update('of this test').digest('base64url');
  const { minting } = RefreshSecrets.parse([`id:${secret}`]);

  // another key would end every session, challenge and sign-in in progress at an update
  // T-b6gc
  it.each([
    ['mac', '84614a85af73366a'],
    ['derivation', '8edb50033133a00b'],
    ['device', '3a06355457d3b219'],
    ['challenge', 'fc461a95940ee5af'],
    ['oidc', '6e0134ae1055aa6a'],
    ['passkey', 'acd9403d0189e744'],
  ] as const)('%s is the same in every release', (purpose, start) => {
    expect(minting[purpose].reveal().toString('hex').slice(0, 16)).toBe(start);
  });

  it('has one key for each purpose', () => {
    const { id, ...keys } = minting;
    const different = new Set(Object.values(keys).map((key) => key.reveal().toString('hex')));
    expect([id, different.size]).toEqual(['id', 6]);
  });
});

describe('a ring of secrets', () => {
  it('names its option where none is given', () => {
    expect(() => RefreshSecrets.parse([])).toThrow(
      expect.objectContaining({ detail: expect.stringMatching(/^refreshToken\.secrets: /) }),
    );
  });

  it('is replaced as a whole', () => {
    const [a, b, c] = [line('a'), line('b'), line('c')];
    const ring = RefreshSecrets.parse([a, b]);
    ring.replace([c, a], 'o');
    expect(idsOf(ring)).toEqual(['c', 'a']);
    ring.replace([a], 'o');
    expect(idsOf(ring)).toEqual(['a']);
  });

  it('keeps its keys where the lines are the same', () => {
    const lines = [line('a'), line('b')];
    const ring = RefreshSecrets.parse(lines);
    const { peppers } = ring;
    ring.replace([...lines], 'o');
    expect(ring.peppers).toBe(peppers);
  });

  it('keeps its secrets where a line is invalid, and reads them again afterwards', () => {
    const [a, b] = [line('a'), line('b')];
    const ring = RefreshSecrets.parse([a]);
    const broken = () => ring.replace([b, 'no secret'], 'o');
    expect(broken).toThrow(AuthError);
    expect(broken).toThrow(AuthError);
    expect(idsOf(ring)).toEqual(['a']);
    ring.replace([b], 'o');
    expect(idsOf(ring)).toEqual(['b']);
  });
});
