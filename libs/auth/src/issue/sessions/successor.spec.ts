import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { SessionSnapshot } from '../../storage/session.js';
import { RefreshSecrets } from './refresh-secrets.js';
import { hashSecret, openRefreshToken } from './refresh-token.js';
import { readRetryKey, type RetryKey } from './retry-key.js';
import { successorAgain, successorSecret, type SuccessorSource } from './successor.js';

const line = (id: string): string => `${id}:${randomBytes(32).toString('base64url')}`;
const [current, retired] = [line('current'), line('retired')];
const ring = RefreshSecrets.parse([current, retired]);
const nonce = randomBytes(16);
const sessionId = randomUUID();

function retryKey(): RetryKey {
  const key = readRetryKey(randomBytes(32).toString('base64url'));
  if (!key) throw new Error('the key is well formed');
  return key;
}
const used: SuccessorSource = { kind: 'token', secret: randomBytes(32) };
const key = retryKey();

/** The row after a rotation from `source` by the first pepper of `by`. */
function rotated(source: SuccessorSource, by = ring): SessionSnapshot {
  const secret = successorSecret(by.minting, nonce, sessionId, source);
  const session = { id: sessionId, generation: 7 };
  return { session, rotationNonce: nonce, tokenHash: hashSecret(secret) } as SessionSnapshot;
}

describe('the successor, made again from the row', () => {
  it.each<[string, SuccessorSource, SuccessorSource[]]>([
    ['the used token', used, [used]],
    ['the retry key', { kind: 'key', key }, [{ kind: 'key', key }]],
    ['the second of two sources', used, [{ kind: 'key', key }, used]],
  ])('is the same token of the same generation, from %s', (_, source, sources) => {
    const again = successorAgain(ring, rotated(source), sources);
    expect(openRefreshToken(ring, again ?? '')).toEqual({
      kind: 'genuine',
      sessionId,
      generation: 7,
      secret: successorSecret(ring.minting, nonce, sessionId, source),
    });
  });

  it('is written by the pepper that rotated, after a newer one took its place', () => {
    const before = RefreshSecrets.parse([retired]);
    const again = successorAgain(ring, rotated(used, before), [used]);
    expect(openRefreshToken(before, again ?? '').kind).toBe('genuine');
  });

  it.each<[string, SessionSnapshot, SuccessorSource[]]>([
    ['another token', rotated(used), [{ kind: 'token', secret: randomBytes(32) }]],
    ['another retry key', rotated({ kind: 'key', key }), [{ kind: 'key', key: retryKey() }]],
    ['no source', rotated(used), []],
    ['a rotation without a nonce', { ...rotated(used), rotationNonce: null }, [used]],
    ['a pepper that left the ring', rotated(used, RefreshSecrets.parse([line('gone')])), [used]],
  ])('is not made from %s', (_, row, sources) => {
    expect(successorAgain(ring, row, sources)).toBeUndefined();
  });
});

describe('the secret of a successor', () => {
  const half = (given: Partial<Record<keyof RetryKey, Buffer>>): SuccessorSource => {
    const { secret, hash } = { secret: key.secret.reveal(), hash: key.hash, ...given };
    return { kind: 'key', key: { secret: { reveal: () => secret } as RetryKey['secret'], hash } };
  };
  const made = (source: SuccessorSource): Buffer =>
    successorSecret(ring.minting, nonce, sessionId, source);

  it.each<[string, SuccessorSource]>([
    ['the secret of the retry key', half({ secret: randomBytes(32) })],
    ['the hash of the retry key', half({ hash: randomBytes(32) })],
  ])('depends on %s', (_, other) => {
    expect(made(other)).not.toEqual(made({ kind: 'key', key }));
  });

  it('of a retry key is never that of a token with the same bytes', () => {
    const secret = Buffer.concat([key.hash, key.secret.reveal()]);
    expect(made({ kind: 'token', secret })).not.toEqual(made({ kind: 'key', key }));
  });
});
