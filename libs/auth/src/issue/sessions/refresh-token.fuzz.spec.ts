import { randomBytes, randomUUID } from 'node:crypto';
import { describe } from '@jest/globals';
import fc from 'fast-check';
import { fuzz, mutantsOf, must, staysLinear } from '../../../../../test/support/fuzz.js';
import { RefreshSecrets } from './refresh-secrets.js';
import { openRefreshToken, writeRefreshToken } from './refresh-token.js';

const lines = ['new', 'old'].map((id) => `${id}:${randomBytes(32).toString('base64url')}`);
const ring = RefreshSecrets.parse(lines);
const good = Array.from({ length: 8 }, (_, at) =>
  writeRefreshToken(ring.peppers[at % 2] ?? ring.minting, randomUUID(), at, randomBytes(32)),
);
const known = new Set(good);
const isGenuine = (token: string): boolean => openRefreshToken(ring, token).kind === 'genuine';

describe('refresh tokens, fuzzed', () => {
  fuzz('no changed token is genuine', {
    inputs: mutantsOf(good, 'ABab01-_.=+/ \n\u0000\u0100'),
    check: (token) => {
      must(isGenuine(token) === known.has(token), 'taken for ours');
    },
  });

  fuzz('no changed bytes are genuine', {
    inputs: fc.tuple(fc.nat(7), fc.nat(68), fc.integer({ min: 1, max: 255 })),
    check: ([which, at, by]) => {
      const bytes = Buffer.from(good[which] ?? '', 'base64url');
      bytes[at] = (bytes[at] ?? 0) ^ by;
      must(!isGenuine(bytes.toString('base64url')), 'taken for ours');
    },
  });

  fuzz('no bytes of the right length are genuine', {
    inputs: fc.uint8Array({ minLength: 68, maxLength: 69 }),
    check: (bytes) => {
      must(
        !isGenuine(
          Buffer.concat([Buffer.of(1), bytes])
            .subarray(0, 69)
            .toString('base64url'),
        ),
        'taken for ours',
      );
    },
  });

  fuzz('what was written is read back', {
    inputs: fc.tuple(
      fc.uuid(),
      fc.nat(0xffffffff),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
    ),
    share: 0.2,
    check: ([sessionId, generation, secret]) => {
      const opened = openRefreshToken(
        ring,
        writeRefreshToken(ring.minting, sessionId, generation, Buffer.from(secret)),
      );
      must(
        opened.kind === 'genuine' &&
          opened.sessionId === sessionId &&
          opened.generation === generation,
        'other ids',
      );
      must(opened.secret.equals(Buffer.from(secret)), 'another secret');
    },
  });

  staysLinear('a refresh token', ['A', '=', '.', '\u0100'], isGenuine);
});
