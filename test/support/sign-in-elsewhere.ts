import { expect } from '@jest/globals';
import type { Approval } from './fake-issuer.js';
import type { HttpAnswer, HttpClient } from './http.js';

/** The fragment of the page to which a refused browser is sent. */
export const REFUSED = '#error=login_refused';

export const locationOf = (answer: HttpAnswer): string => answer.headers['location'] ?? '';

let people = 0;
/** A new user. */
export function person() {
  const sub = `s${String(++people)}`;
  return { sub, email: `${sub}@provider.example`, emailVerified: true } satisfies Approval;
}

export const me = async (client: HttpClient) =>
  (await client.get('/auth/me')).json<{ id: string; email: string }>();

/** `kept`: the cookies that the browser has afterwards. */
export function expectRefused(
  client: HttpClient,
  answer: HttpAnswer,
  at = '/done',
  kept: readonly string[] = [],
): void {
  expect([answer.status, locationOf(answer)]).toEqual([302, at + REFUSED]);
  expect(client.jar.names()).toEqual(kept);
}
