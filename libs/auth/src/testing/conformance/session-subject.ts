import assert from 'node:assert/strict';
import type { NewSession } from '../../storage/session.js';
import type { SessionStore } from '../../storage/session-store.port.js';
import { newSession } from './samples.js';

export interface SessionStoreSubject {
  readonly store: SessionStore;
  /** A new user id. If the store reads users, it belongs to an existing user who is not disabled. */
  readonly newUser: () => Promise<string>;
}

/** Opens a session of a new user, or of the given one. */
export async function opened(
  { store, newUser }: SessionStoreSubject,
  changes: Partial<NewSession> = {},
): Promise<NewSession> {
  const session = newSession({ subject: changes.subject ?? (await newUser()), ...changes });
  assert.equal((await store.open(session)).kind, 'opened');
  return session;
}
