import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import fc from 'fast-check';
import type { SessionSnapshot } from '../../storage/session.js';
import { RefreshSecrets } from './refresh-secrets.js';
import { hashSecret, isCurrent, openRefreshToken, writeRefreshToken } from './refresh-token.js';
import { readRetryKey } from './retry-key.js';
import { successorSecret } from './successor.js';

const line = (id: string): string => `${id}:${randomBytes(32).toString('base64url')}`;
const old = line('old');
const ring = RefreshSecrets.parse([line('new'), old]);
const stranger = RefreshSecrets.parse([line('stranger')]);
const token = (): string => writeRefreshToken(ring.minting, randomUUID(), 3, randomBytes(32));

describe('refresh token codec', () => {
  it('reads back what it wrote', () => {
    const sessionId = randomUUID();
    const secret = randomBytes(32);
    const opened = openRefreshToken(
      ring,
      writeRefreshToken(ring.minting, sessionId, 4_000_000_000, secret),
    );
    expect(opened).toEqual({ kind: 'genuine', sessionId, generation: 4_000_000_000, secret });
  });

  // T-ws9g
  it('verifies tokens of a retired pepper, and no token of an unknown pepper', () => {
    const retired = RefreshSecrets.parse([old]);
    expect(
      openRefreshToken(ring, writeRefreshToken(retired.minting, randomUUID(), 1, randomBytes(32)))
        .kind,
    ).toBe('genuine');
    expect(
      openRefreshToken(ring, writeRefreshToken(stranger.minting, randomUUID(), 1, randomBytes(32)))
        .kind,
    ).toBe('junk');
  });

  it('refuses every single changed character', () => {
    const good = token();
    for (let at = 0; at < good.length; at++) {
      const changed = good.slice(0, at) + (good[at] === 'A' ? 'B' : 'A') + good.slice(at + 1);
      expect(openRefreshToken(ring, changed).kind).toBe('junk');
    }
  });

  it.each([
    ['padding', (good: string) => `${good}=`],
    ['a blank', (good: string) => ` ${good}`],
    ['a line feed at the end', (good: string) => `${good}\n`],
    ['plain base64', (good: string) => `${good.slice(0, -1)}+`],
    ['one byte less', (good: string) => good.slice(0, -4)],
    ['itself twice', (good: string) => good + good],
    ['nothing', () => ''],
  ])('refuses %s', (_name, forge) => {
    expect(openRefreshToken(ring, forge(token())).kind).toBe('junk');
  });

  it('refuses a version that it does not know, although the MAC is right', () => {
    const signed = Buffer.from(token(), 'base64url').subarray(0, 53);
    signed[0] = 2;
    const mac = createHmac('sha256', ring.minting.mac.reveal()).update(signed).digest();
    const forged = Buffer.concat([signed, mac.subarray(0, 16)]).toString('base64url');
    expect(openRefreshToken(ring, forged).kind).toBe('junk');
  });

  it('does not throw, and accepts only what it signed', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc
            .uint8Array({ minLength: 69, maxLength: 69 })
            .map((b) => Buffer.from(b).toString('base64url')),
        ),
        (text) => openRefreshToken(ring, text).kind === 'junk',
      ),
      { numRuns: 5000 },
    );
  });

  // T-6sgr
  it('derives one successor from nonce, session and presented secret, and a different one when any of them differs', () => {
    const [nonce, sessionId, secret] = [randomBytes(16), randomUUID(), randomBytes(32)] as const;
    const source = { kind: 'token', secret } as const;
    const next = successorSecret(ring.minting, nonce, sessionId, source);
    expect(successorSecret(ring.minting, nonce, sessionId, source)).toEqual(next);
    expect(successorSecret(ring.minting, randomBytes(16), sessionId, source)).not.toEqual(next);
    expect(successorSecret(ring.minting, nonce, randomUUID(), source)).not.toEqual(next);
    expect(
      successorSecret(ring.minting, nonce, sessionId, { kind: 'token', secret: randomBytes(32) }),
    ).not.toEqual(next);
    expect(successorSecret(stranger.minting, nonce, sessionId, source)).not.toEqual(next);
  });

  it('derives a different successor with a retry key, and never prints the key', () => {
    const [nonce, sessionId, text] = [
      randomBytes(16),
      randomUUID(),
      randomBytes(32).toString('base64url'),
    ] as const;
    const key = readRetryKey(text);
    if (!key) throw new Error('the key is well formed');
    const next = successorSecret(ring.minting, nonce, sessionId, { kind: 'key', key });
    const other = readRetryKey(randomBytes(32).toString('base64url'));
    if (!other) throw new Error('the key is well formed');
    expect(successorSecret(ring.minting, nonce, sessionId, { kind: 'key', key })).toEqual(next);
    expect(
      successorSecret(ring.minting, nonce, sessionId, { kind: 'key', key: other }),
    ).not.toEqual(next);
    expect(inspect(key) + JSON.stringify(key)).not.toContain(text);
  });
});

describe('a retry key', () => {
  const text = 'k'.repeat(22);

  it.each([text, 'k'.repeat(128), `${text}-_09AZaz`])('may be %s', (given) => {
    expect(readRetryKey(given)?.secret.reveal().toString()).toBe(given);
  });

  it.each([
    ['21 characters', 'k'.repeat(21)],
    ['129 characters', 'k'.repeat(129)],
    ['a blank before it', ` ${text}`],
    ['a line feed behind it', `${text}\n`],
    ['plain base64', `${text}+`],
    ['nothing', ''],
  ])('is not one with %s', (_, given) => {
    expect(readRetryKey(given)).toBeUndefined();
  });
});

describe('the newest token of a session', () => {
  const secret = randomBytes(32);
  const row = { session: { generation: 3 }, tokenHash: hashSecret(secret) } as SessionSnapshot;

  it.each([
    ['is that of its generation and hash', 3, secret, true],
    ['is not one of an older generation', 2, secret, false],
    ['is not one with another secret', 3, randomBytes(32), false],
  ])('%s', (_, generation, presented, current) => {
    const opened = { kind: 'genuine', sessionId: '', generation, secret: presented } as const;
    expect(isCurrent(row, opened)).toBe(current);
  });

  it('is stored as its SHA-256', () => {
    expect(hashSecret(Buffer.from('abc')).toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});

describe('pepper ring', () => {
  it.each([
    ['no secret', [], 'holds no secret'],
    ['a short one', [`a:${randomBytes(31).toString('base64url')}`], 'of at least 32 bytes'],
    ['one without id', [randomBytes(32).toString('base64url')], 'is not id:base64url'],
    ['plain base64', [`a:${'+'.repeat(44)}`], 'is not id:base64url'],
    ['one id twice', [line('a'), line('a')], 'two secrets have one id'],
  ])('refuses %s and never quotes it', (_name, lines, problem) => {
    let message = '';
    try {
      RefreshSecrets.parse(lines);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(problem);
    for (const each of lines) expect(message).not.toContain(each.split(':').pop());
  });

  it('prints no key', () => {
    expect(JSON.stringify(ring)).not.toContain(ring.minting.mac.reveal().toString('base64'));
    expect(String(ring.minting.mac)).toBe('[secret]');
  });
});
