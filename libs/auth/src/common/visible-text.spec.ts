import { describe, expect, it } from '@jest/globals';
import { isVisible } from './visible-text.js';

describe('isVisible', () => {
  it.each([
    'Ada Lovelace',
    'José Ñandú',
    '佐藤 太郎',
    'a\u00a0b',
    '\u2764\ufe0f',
    '\u{1f469}\u200d\u{1f467}',
    '\u{1f3f3}\ufe0f\u200d\u{1f308}',
    'می\u200cخواهم',
    'क्\u200dष',
  ])('takes %j', (text) => {
    expect(isVisible(text)).toBe(true);
  });

  it.each([
    'a\u0000b',
    'a\tb',
    'a\u007fb',
    'a\u0085b',
    'a\u00adb',
    'a\u034fb',
    'a\u061cb',
    'a\u115fb',
    'a\u180eb',
    'a\u200bb',
    'a\u200cb',
    'a\u200db',
    'a\u200eb',
    'a\u2028b',
    'a\u2029b',
    'a\u202eb',
    'a\u2060b',
    'a\u2800b',
    'a\u3164b',
    'a\ufe0fb',
    'a\ufeffb',
    'a\uffa0b',
    'a\ue000b',
    'a\ud800b',
    'a\u{e0041}b',
    '\u200d',
  ])('refuses %j', (text) => {
    expect(isVisible(text)).toBe(false);
  });
});
