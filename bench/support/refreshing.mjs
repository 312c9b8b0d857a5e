import { once } from 'node:events';
import { request } from 'node:http';

/** One refresh over HTTP: its `status`, and the next `refreshToken` if it was given one. */
export async function refreshing(url, refreshToken, agent) {
  const headers = { 'content-type': 'application/json' };
  const sent = request(`${url}/auth/refresh`, { method: 'POST', headers, agent });
  sent.end(JSON.stringify({ refreshToken }));
  const [answer] = await once(sent, 'response');
  const text = Buffer.concat(await answer.toArray()).toString();
  return { status: answer.statusCode, refreshToken: JSON.parse(text).refreshToken };
}
