import { describe, expect, it } from '@jest/globals';
import { returnPath } from './return-path.js';

describe('returnPath', () => {
  it.each([
    ['/', '/'],
    ['/account?tab=2', '/account?tab=2'],
    ['/a/../b', '/b'],
    ['/account#error=nothing', '/account'],
    ['/caf\u00e9', '/caf%C3%A9'],
    ['/search?q=https://other.example', '/search?q=https://other.example'],
    ['/a//b', '/a//b'],
  ])('keeps the path of %j', (wanted, path) => {
    expect(returnPath(wanted)).toBe(path);
  });

  it.each([
    undefined,
    null,
    '',
    'account',
    'https://evil.example',
    'https:evil.example',
    'javascript:alert(1)',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    ' //evil.example',
    '/%09/evil.example',
    '/%0a/evil.example',
    '/%0D%0ASet-Cookie:a=b',
    '/%5cevil.example',
    '/%2fevil.example',
    '/.//evil.example',
    '/./%2fevil.example',
    '/a/..//evil.example',
    '/%2e//evil.example',
    '/%',
    '/%ff',
    '/\u0000',
    '/a\u007f',
    `/${'a'.repeat(2048)}`,
    `/${'\u00e9'.repeat(1024)}`,
    '/@evil.example\\',
  ])('takes %j for the start page', (wanted) => {
    expect(returnPath(wanted)).toBe('/');
  });
});
