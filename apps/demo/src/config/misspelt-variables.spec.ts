import { describe, expect, it } from '@jest/globals';
import { readConfig } from './demo-config.js';
import type { Environment } from './environment.js';

describe('a variable that looks misspelt', () => {
  const warned = (environment: Environment): readonly string[] => {
    const lines: string[] = [];
    readConfig(environment, (line) => lines.push(line));
    return lines;
  };

  it.each([
    ['JWT_ISUER', 'JWT_ISSUER'],
    ['ACCESS_TOKEN_TLL', 'ACCESS_TOKEN_TTL'],
    ['REDIS_URI', 'REDIS_URL'],
    ['trusted_origins', 'TRUSTED_ORIGINS'],
    ['TRUSTED_ORIGIN', 'TRUSTED_ORIGINS'],
    ['REUSE_LEWEAY', 'REUSE_LEEWAY'],
  ])('%s: did you mean %s', (given, meant) => {
    expect(warned({ [given]: 'hunter2' })).toEqual([
      `${given} is not a variable of the demo: did you mean ${meant}?`,
    ]);
  });

  it('is not complained of where the right one is set too, nor where other programs read it', () => {
    const environment = { REDIS_URI: 'x', REDIS_URL: 'redis://localhost' };
    const others = {
      PATH: 'x',
      HOME: 'x',
      HOSTNAME: 'x',
      PORTS: 'x',
      POST: 'x',
      REDIS_PORT: 'x',
      PGDATABASE: 'x',
    };
    expect(warned({ ...environment, ...others })).toEqual([]);
  });
});
