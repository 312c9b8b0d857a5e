import { describe, expect, it } from '@jest/globals';
import type { AuthEvent } from '../storage/auth-event.js';
import { EventFloods } from './event-floods.js';

const throttled = (ip: string, at = '2026-01-01T00:00:01.000Z'): AuthEvent => ({
  type: 'login.throttled',
  severity: 'warning',
  at,
  ip,
});
const LATER = '2026-01-01T00:01:01.000Z';

describe('EventFloods', () => {
  // T-62hf
  it('lets a limited number of one address pass in a minute, and reports afterwards how many it held back', () => {
    const floods = new EventFloods(2);
    const passes = Array.from({ length: 5 }, () => floods.pass(throttled('192.0.2.1')));
    expect(passes).toEqual([0, 0, 'held', 'held', 'held']);
    expect(floods.pass(throttled('192.0.2.1', LATER))).toBe(3);
    expect(floods.pass(throttled('192.0.2.1', LATER))).toBe(0);
  });

  // T-t5fl
  it('counts an address once, whatever tenants it makes up', () => {
    const floods = new EventFloods(2);
    const of = (tenant: string): AuthEvent => ({ ...throttled('192.0.2.1'), tenant });
    expect(['a', 'b', 'c', 'd'].map((tenant) => floods.pass(of(tenant)))).toEqual([
      0,
      0,
      'held',
      'held',
    ]);
  });

  it('does not hold back events of another address, account or kind, or events that cannot be caused at will', () => {
    const floods = new EventFloods(1);
    expect(floods.pass(throttled('192.0.2.1'))).toBe(0);
    expect(floods.pass(throttled('192.0.2.2'))).toBe(0);
    const { at } = throttled('');
    const failed = (userId: string): AuthEvent => ({
      type: 'login.failed',
      reason: 'wrong_password',
      severity: 'warning',
      at,
      userId,
      ip: '192.0.2.1',
    });
    expect([failed('ada'), failed('bob'), failed('ada')].map((each) => floods.pass(each))).toEqual([
      0,
      0,
      'held',
    ]);
    const revoked: AuthEvent = { type: 'key.revoked', severity: 'high', at, keyId: 'k' };
    expect([revoked, revoked, revoked].map((each) => floods.pass(each))).toEqual([0, 0, 0]);
  });

  it('holds back proofs by another key, because the holder of a token can send any number of them', () => {
    const floods = new EventFloods(1);
    const { at } = throttled('');
    const refused: AuthEvent = {
      type: 'device.refused',
      severity: 'high',
      at,
      userId: 'ada',
      sessionId: 's',
      ip: '192.0.2.1',
    };
    expect([refused, refused].map((each) => floods.pass(each))).toEqual([0, 'held']);
  });
});
