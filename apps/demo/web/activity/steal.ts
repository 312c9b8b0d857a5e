import { AuthClientError } from '@tokenward/client';

export interface Step {
  readonly said: string;
  readonly status: number;
}

type Report = (step: Step) => void;

async function post(
  path: string,
  body: object,
): Promise<{ status: number; tokens: Record<string, string> }> {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    // another device: none of this browser's cookies
    credentials: 'omit',
  });
  return { status: response.status, tokens: (await response.json()) as Record<string, string> };
}

/**
 * Shows the theft of a refresh token: a second device signs in with tokens in the body, refreshes, and then the spent
 * token is presented once more. The tokens belong only to that session and exist only in this call.
 *
 * @throws AuthClientError if the sign-in is refused.
 */
export async function stageTheft(
  email: string,
  password: string,
  report: Report,
): Promise<'stolen' | 'second_factor'> {
  const login = await post('/auth/login', { email, password, transport: 'bearer' });
  if (login.status !== 200) throw new AuthClientError(login.status, 'Sign-in failed');
  if (login.tokens['ticket']) return 'second_factor';
  report({
    said: 'A second device signs in and gets a refresh token. Somebody copies it.',
    status: login.status,
  });
  const { refreshToken } = login.tokens;
  const owner = await post('/auth/refresh', { refreshToken });
  report({ said: 'The device refreshes: the token is spent, and replaced.', status: owner.status });
  const thief = await post('/auth/refresh', { refreshToken });
  report({
    said: 'The copy is used. A spent token that comes back is theft.',
    status: thief.status,
  });
  const after = await fetch('/me', {
    headers: { authorization: `Bearer ${String(owner.tokens['accessToken'])}` },
    credentials: 'omit',
  });
  report({
    said: 'The device’s new access token, minutes before it expires.',
    status: after.status,
  });
  return 'stolen';
}
