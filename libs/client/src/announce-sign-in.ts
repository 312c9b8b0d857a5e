import type { AuthClient, Session } from '@tokenward/client';

/**
 * Tells the other tabs that somebody signed in by a redirect (an OpenID provider, a form of your server), which no
 * client saw: they would go on as the former user. Call it once, on the page to which the sign-in returns.
 *
 * @returns the user; undefined if nobody is signed in.
 */
export async function announceSignIn(client: AuthClient): Promise<Session | undefined> {
  const user = await client.session();
  if (!user) return undefined;
  const accessToken = await client.accessToken();
  const leftMs = Date.parse(user.expiresAt) - Date.now();
  // this clock may be wrong; the next 401 corrects it
  const expiresIn = Math.max(1, leftMs / 1000);
  await client.loginWith(() => Promise.resolve(Response.json({ user, accessToken, expiresIn })));
  return user;
}
