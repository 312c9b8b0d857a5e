import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SystemEntropy } from '../../common/entropy.js';
import { Secret } from '../../common/secret.js';
import { DeviceIds } from './device-id.js';

const entropy = new SystemEntropy();
const key = (byte: number): Secret => new Secret(Buffer.alloc(32, byte));
const ids = new DeviceIds(() => [key(1)], entropy);

describe('DeviceIds', () => {
  it('recognises a device of the same user and epoch', () => {
    const value = ids.mint('ada', 3);
    expect(value).toMatch(/^[A-Za-z0-9_-]{44}$/);
    expect(ids.knownId(value, 'ada', 3)).toMatch(/^[\w-]{22}$/);
  });

  it('gives every device another id, and keeps an id that is passed to it', () => {
    const id = (value: string): unknown => ids.knownId(value, 'ada', 3);
    const first = ids.knownId(ids.mint('ada', 3), 'ada', 3);
    expect(first).toBeDefined();
    expect(id(ids.mint('ada', 3))).not.toBe(first);
    expect(id(ids.mint('ada', 3, first))).toBe(first);
  });

  it('does not keep an id of another length', () => {
    expect(ids.knownId(ids.mint('ada', 3, 'short'), 'ada', 3)).toBeDefined();
  });

  const value = ids.mint('ada', 3);
  const flipped = (index: number): string => {
    const bytes = Buffer.from(value, 'base64url');
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    return bytes.toString('base64url');
  };
  it.each([
    ['another user', value, 'eve', 3],
    ['a user whose name goes on where the epoch ends', value, '3ada', 0],
    ['another epoch', value, 'ada', 4],
    ['another version', flipped(0), 'ada', 3],
    ['another id', flipped(1), 'ada', 3],
    ['another MAC', flipped(32), 'ada', 3],
    ['a shorter MAC', value.slice(0, 40), 'ada', 3],
    ['a longer one', `${value}AAAA`, 'ada', 3],
    ['padding', `${value.slice(0, 43)}=`, 'ada', 3],
    ['blanks', ` ${value}`, 'ada', 3],
    ['a line break at the end', `${value}\n`, 'ada', 3],
    ['the other alphabet', `${value.slice(0, 43)}+`, 'ada', 3],
    ['nothing', '', 'ada', 3],
    ['no cookie', undefined, 'ada', 3],
    ['a key of somebody else', new DeviceIds(() => [key(9)], entropy).mint('ada', 3), 'ada', 3],
  ])('does not know %s', (_, presented, user, epoch) => {
    expect(ids.knownId(presented, user, epoch)).toBeUndefined();
  });

  it('distinguishes its own ids from invented ones for any user, without a look-up', () => {
    const id = ids.genuine(value);
    expect(id).toBeDefined();
    expect(ids.knownId(value, 'ada', 3)).toBe(id);
    expect(ids.genuine(ids.mint('eve', 9, id))).toBe(id);
    for (const made of [
      '',
      value.slice(1),
      flipped(0),
      flipped(1),
      flipped(16),
      randomBytes(33).toString('base64url'),
    ])
      expect(ids.genuine(made)).toBeUndefined();
    expect(ids.genuine(undefined)).toBeUndefined();
    expect(new DeviceIds(() => [key(9)], entropy).genuine(value)).toBeUndefined();
    expect(new DeviceIds(() => [key(9), key(1)], entropy).genuine(value)).toBe(id);
  });

  it('verifies with every key of the ring and mints with the first', () => {
    const rotated = new DeviceIds(() => [key(2), key(1)], entropy);
    expect(rotated.knownId(value, 'ada', 3)).toBeDefined();
    expect(ids.knownId(rotated.mint('ada', 3), 'ada', 3)).toBeUndefined();
    expect(
      new DeviceIds(() => [key(2)], entropy).knownId(rotated.mint('ada', 3), 'ada', 3),
    ).toBeDefined();
  });
});
