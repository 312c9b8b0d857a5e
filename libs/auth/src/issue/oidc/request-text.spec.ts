import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { RefreshSecrets } from '../sessions/refresh-secrets.js';
import { type KeptRequest, readRequest, writeRequest } from './request-text.js';

const ring = RefreshSecrets.parse([`one:${randomBytes(32).toString('base64url')}`]);
const UNTIL = 1_800_000_000_000;
const longest: KeptRequest = {
  provider: 'p'.repeat(64),
  returnTo: `/${'a'.repeat(2047)}`,
  secret: randomBytes(32).toString('base64url'),
  until: UNTIL,
  tenant: '教'.repeat(255),
  linking: {
    subject: '教'.repeat(255),
    sessionId: '00000000-0000-4000-8000-000000000000',
    state: { tokenVersion: 1, epoch: 1 },
  },
};

describe('the text of a request to a provider', () => {
  it('that was begun can be finished, however long its parts: it then returns to the start page', () => {
    const text = writeRequest(ring, longest);
    expect(readRequest(ring, text, UNTIL - 1)).toEqual({ ...longest, returnTo: '/' });
  });

  it('keeps where to return as long as a browser keeps the whole', () => {
    const kept = { ...longest, tenant: 'acme', linking: undefined };
    expect(readRequest(ring, writeRequest(ring, kept), UNTIL - 1)?.returnTo).toBe(kept.returnTo);
  });
});
