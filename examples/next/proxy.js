import { NextResponse } from 'next/server';
import { authOf } from './auth.js';

/** Runs before rendering, which is the only place that can still set cookies. */
export async function proxy(request) {
  const auth = authOf(request);
  await auth.renew();
  const headers = new Headers(request.headers);
  headers.set('cookie', auth.cookie);
  const answer = NextResponse.next({ request: { headers } });
  for (const line of auth.setCookies) answer.headers.append('set-cookie', line);
  return answer;
}

/** Only pages, because calls of the API refresh by themselves. */
export const config = { matcher: ['/((?!auth/|_next/|favicon.ico).*)'] };
