import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SystemEntropy } from '../../common/entropy.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { RefreshSecretsStore } from '../../storage/refresh-secrets.port.js';
import { RefreshSecrets } from './refresh-secrets.js';
import { RefreshSecretsRotation } from './refresh-secrets-rotation.service.js';

const DAY = 86_400_000;
const LINE = `p1:${randomBytes(32).toString('base64url')}`;

describe('a refresh-token secret that was replaced', () => {
  // T-jj79
  it.each([
    ['the longest idle lifetime', 'off', 90],
    ['the whole life of a bound session, whose token never rotates', 'offer', 180],
    ['the whole life of a bound session, whose token never rotates', 'require', 180],
  ])('is kept for %s (deviceBound: %s)', async (_, mode, days) => {
    const retired: number[] = [];
    class Store extends RefreshSecretsStore {
      override loadOrCreate = (): Promise<readonly string[]> => Promise.resolve([LINE]);
      override rotate = (_line: string, _leadMs: number, keepMs: number): Promise<void> => {
        retired.push(keepMs);
        return Promise.resolve();
      };
    }
    const options = {
      refreshToken: {
        secrets: [],
        ttlMs: 30 * DAY,
        rememberMeTtlMs: 90 * DAY,
        absoluteTtlMs: 180 * DAY,
      },
      keyRotation: { leadTimeMs: 1000, refreshEveryMs: 10 },
      deviceBound: { mode },
    } as unknown as ResolvedAuthOptions;
    const ring = RefreshSecrets.parse([LINE]);
    await new RefreshSecretsRotation(options, ring, new Store(), new SystemEntropy()).rotate();
    expect(retired).toEqual([days * DAY + 1000]);
  });
});
