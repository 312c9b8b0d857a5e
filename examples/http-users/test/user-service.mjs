import { createServer } from 'node:http';
import { once } from 'node:events';

const HASH = '$2y$10$t.tD9Lxy6Viw8c6tVWryOuWHOJ6JdIOpPM8HXEKHmKgRVM9rGSYIe';

/** The user service, with one user, Ada, whose password is: a quiet harbour at dawn. `mode` makes it fail or hang. */
export async function userService(port = 0) {
  const users = new Map([
    [
      'u-1',
      { id: 'u-1', email: 'Ada@Example.com', role: 'user', disabled: false, passwordHash: HASH },
    ],
  ]);
  const state = { mode: 'up', users };
  const server = createServer(async (request, response) => {
    const say = (status, json) =>
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(json && JSON.stringify(json));
    if (state.mode === 'hangs') return;
    if (state.mode === 'down') return void say(500);
    const { pathname, searchParams } = new URL(request.url, 'http://users');
    const email = searchParams.get('email');
    const found = email
      ? [...users.values()].find((user) => user.email.toLowerCase() === email)
      : users.get(decodeURIComponent(pathname.split('/')[2] ?? ''));
    if (!found) return void say(404);
    if (request.method === 'GET') return void say(200, found);
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { expected, next } = JSON.parse(Buffer.concat(chunks).toString());
    if (found.passwordHash !== expected) return void say(409);
    found.passwordHash = next;
    say(204);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { state, close, url: `http://127.0.0.1:${server.address().port}` };
}
