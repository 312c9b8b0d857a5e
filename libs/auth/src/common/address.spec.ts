import { describe, expect, it } from '@jest/globals';
import { addressOf, neighbourhoodOf, networkOf } from './address.js';

describe('addressOf', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:51234', '203.0.113.7'],
    [' 203.0.113.7 ', '203.0.113.7'],
    ['"203.0.113.7:51234"', '203.0.113.7'],
    ['[2001:db8::7]:51234', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['"[2001:db8::7]:51234"', '2001:db8::7'],
    ['2001:db8::7', '2001:db8::7'],
    ['fe80::7%eth0', 'fe80::7'],
    ['[fe80::7%25eth0]:443', 'fe80::7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['[::ffff:203.0.113.7]:51234', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['203.0.113.7:x', undefined],
    ['203.0.113.7:123456', undefined],
    ['203.0.113.256:80', undefined],
    ['[203.0.113.7', undefined],
    ['unknown', undefined],
    ['_hidden', undefined],
    ["1'; drop table", undefined],
    ['', undefined],
    [undefined, undefined],
  ])('of %j is %j', (written, address) => {
    expect(addressOf(written)).toBe(address);
  });
});

describe('networkOf', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['unix:', 'none'],
    ['', 'none'],
    [undefined, 'none'],
  ])('%j counts as %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });
});

describe('neighbourhoodOf', () => {
  it.each([
    ['192.0.2.7', '192.0.2.200', true],
    ['192.0.2.7', '192.0.3.7', false],
    ['::ffff:192.0.2.7', '192.0.2.1', true],
    ['2001:db8:1:2::1', '2001:db8:1:ffff::1', true],
    ['2001:db8:1:2::1', '2001:db8:2:2::1', false],
  ])('%s and %s: the same is %s', (one, other, same) => {
    expect(neighbourhoodOf(one) === neighbourhoodOf(other)).toBe(same);
  });
});
