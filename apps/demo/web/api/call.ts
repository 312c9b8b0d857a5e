import { answerOf, type AuthClient } from '@tokenward/client';
import { caller } from './client.js';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** The JSON of the answer, or an empty object for 204. `as`: default the signed-in user. @throws AuthClientError */
export async function call<T>(
  method: Method,
  path: string,
  body?: object,
  as: AuthClient = caller,
): Promise<T> {
  const init: RequestInit = { method };
  if (body) {
    init.headers = { 'content-type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  return answerOf<T>(await as.fetch(path, init), () => true);
}
