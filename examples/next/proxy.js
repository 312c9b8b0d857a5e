import { NextResponse } from 'next/server';
import { authOf } from './auth.js';

/** Before anything renders: the one place that can still set cookies. */
export async function proxy(request) {
  const auth = authOf(request);
  await auth.renew();
  const headers = new Headers(request.headers);
  headers.set('cookie', auth.cookie);
  const answer = NextResponse.next({ request: { headers } });
  for (const line of auth.setCookies) answer.headers.append('set-cookie', line);
  return answer;
}

/** Pages alone: the API refreshes for itself. */
export const config = { matcher: ['/((?!auth/|_next/|favicon.ico).*)'] };
