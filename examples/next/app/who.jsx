import { headers } from 'next/headers';
import { authOf } from '../auth.js';

/** Rendered on the server, as often as the page likes: each asks with the cookies that `proxy` made fresh. */
export async function Who({ id }) {
  const auth = authOf({ headers: await headers() }, { canSetCookies: false });
  const session = await auth.session();
  return <p id={id}>{session ? session.email : 'nobody'}</p>;
}
