import assert from 'node:assert/strict';

const PASSWORD = 'a quiet harbour at dawn';

/** A signed-in request and a revocation, over HTTP. */
export async function walk(url) {
  const call = async (method, path, { token, body } = {}) => {
    const headers = {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    };
    const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    return {
      status: answer.status,
      body: answer.status === 204 ? undefined : JSON.parse(await answer.text()),
    };
  };
  const login = (email, password = PASSWORD) =>
    call('POST', '/auth/login', { body: { email, password, transport: 'bearer' } });

  // the table has Ada@Example.com, with a bcrypt hash
  const ada = await login(' ada@EXAMPLE.com');
  assert.equal(ada.status, 200);
  const me = await call('GET', '/members/me', { token: ada.body.accessToken });
  assert.deepEqual(me, { status: 200, body: { id: ada.body.user.id } });
  // it is an Argon2id hash by now, for the same password
  assert.equal((await login('ada@example.com')).status, 200);

  // a wrong password, a deleted user and an unknown user get the same answer
  const refused = [
    await login('ada@example.com', 'wrong password'),
    await login('carol@example.com'),
  ];
  refused.push(await login('nobody@example.com'));
  for (const each of refused) assert.deepEqual(each, refused[0]);
  assert.equal(refused[0].status, 401);

  // Ada removes Bob: his tokens are refused at once, and he cannot sign in
  const bob = await login('bob@example.com');
  assert.equal(bob.status, 200);
  const { accessToken: token, refreshToken, user } = bob.body;
  assert.equal((await call('GET', '/members/me', { token })).status, 200);
  assert.equal((await call('DELETE', `/members/${ada.body.user.id}`, { token })).status, 403);
  const removed = await call('DELETE', `/members/${user.id}`, { token: ada.body.accessToken });
  assert.equal(removed.status, 204);
  assert.equal((await call('GET', '/members/me', { token })).status, 401);
  assert.equal((await call('POST', '/auth/refresh', { body: { refreshToken } })).status, 401);
  assert.equal((await login('bob@example.com')).status, 401);

  // a new password ends every other session
  const changed = await call('POST', '/auth/password', {
    token: ada.body.accessToken,
    body: { currentPassword: PASSWORD, newPassword: 'another harbour, at dusk' },
  });
  assert.equal(changed.status, 200);
  assert.equal((await call('GET', '/members/me', { token: ada.body.accessToken })).status, 401);
  assert.equal((await call('GET', '/members/me', { token: changed.body.accessToken })).status, 200);
}
