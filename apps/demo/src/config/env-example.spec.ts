import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from './demo-config.js';
import type { Environment } from './environment.js';

const text = readFileSync(new URL('../../../../.env.example', import.meta.url), 'utf8');
const example = Object.fromEntries(
  [...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
);

describe('.env.example', () => {
  it('writes the defaults down', () => {
    expect(readConfig(example)).toEqual(readConfig({}));
  });

  it('lists every variable that is read, and no other', () => {
    const read = new Set<string>();
    const recording = new Proxy<Environment>({}, { get: (_, name) => void read.add(String(name)) });
    readConfig(recording);
    expect(Object.keys(example).sort()).toEqual([...read].sort());
  });
});
