import { type AuthClient, createAuthClient } from '@tokenward/client';
import { createDpopClient } from '@tokenward/client/dpop';
import { caller } from '../api/client.js';

/** A session in which an admin acts as a user, beside the admin's own. */
export interface Acting {
  readonly email: string;
  /** The email of the admin. */
  readonly by: string;
  /** Its tokens are only in memory, and it does not send the admin's cookies. */
  readonly client: AuthClient;
}

/** @throws AuthClientError */
export async function actAs(
  user: { readonly id: string; readonly email: string },
  by: string,
): Promise<Acting> {
  const path = `/admin/users/${user.id}/act`;
  // the admin makes this request; all later requests omit the admin's cookies
  const send: typeof fetch = (input, init) =>
    input === path ? caller.fetch(input, init) : fetch(input, init);
  const options = { transport: 'bearer', fetch: send } as const;
  // its own key, if the server binds sessions; without TLS browsers allow keys only on loopback
  const proving = isSecureContext ? createDpopClient(options) : undefined;
  const client = proving ?? createAuthClient(options);
  await client.loginWith(() => (proving?.fetchProved ?? send)(path, { method: 'POST' }));
  return { email: user.email, by, client };
}
