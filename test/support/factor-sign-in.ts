import { expect } from '@jest/globals';
import type { FactorHost, Person, Session } from './factor-host.js';

export const secondStep = (host: FactorHost, ticket: string, answer: object) =>
  host.post('login/second-factor', { ticket, ...answer });

/** A person with an authenticator app, whose confirming code's step is over. */
export async function enrolled(host: FactorHost) {
  const person = await host.person();
  const session = await host.signIn(person);
  const app = await host.addTotp(session.accessToken);
  host.clock.advance('30s');
  return { person, session, ...app };
}

/** By password and code; the code's step is over afterwards. */
export async function signedInWithCode(
  host: FactorHost,
  person: Person,
  secret: string,
): Promise<Session> {
  const { ticket } = await host.ticketOf(person);
  const answer = await secondStep(host, ticket, { code: host.code(secret) });
  expect(answer.status).toBe(200);
  host.clock.advance('30s');
  return answer.json<Session & Record<string, unknown>>();
}
