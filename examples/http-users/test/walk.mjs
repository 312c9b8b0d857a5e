import assert from 'node:assert/strict';

const PASSWORD = 'a quiet harbour at dawn';

/** A signed-in request, an outage and a revocation, over HTTP; `state` is the user service's. */
export async function walk(url, state) {
  const call = async (method, path, { token, body, secret } = {}) => {
    const headers = {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...(secret && { 'x-service-secret': secret }),
    };
    const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    return {
      status: answer.status,
      body: answer.status === 204 ? undefined : JSON.parse(await answer.text()),
    };
  };
  const login = (email = 'ada@example.com', password = PASSWORD) =>
    call('POST', '/auth/login', { body: { email, password, transport: 'bearer' } });

  const ada = await login('ADA@example.com');
  assert.equal(ada.status, 200);
  const { accessToken: token, refreshToken } = ada.body;
  assert.deepEqual(await call('GET', '/profile', { token }), { status: 200, body: { id: 'u-1' } });
  assert.deepEqual(await call('GET', '/sensitive', { token }), {
    status: 200,
    body: { role: 'user' },
  });
  // the bcrypt hash was replaced in the user service
  assert.match(state.users.get('u-1').passwordHash, /^\$argon2id\$/);
  assert.deepEqual(
    await login('nobody@example.com'),
    await login('ada@example.com', 'wrong password'),
  );

  // down or silent: 503 within the deadline, never "wrong password"; signed-in users stay signed in
  for (const mode of ['down', 'hangs']) {
    state.mode = mode;
    const before = performance.now();
    for (const each of [await login(), await call('GET', '/sensitive', { token })])
      assert.equal(each.status, 503);
    assert.ok(performance.now() - before < 8_000);
    assert.equal((await call('GET', '/profile', { token })).status, 200);
  }
  state.mode = 'up';

  // disabled in the user service and reported here: the tokens are refused at once
  state.users.get('u-1').disabled = true;
  const told = (secret) => call('POST', '/internal/users/u-1/disabled', { secret });
  for (const wrong of [undefined, 'a guess']) assert.equal((await told(wrong)).status, 401);
  assert.equal((await call('GET', '/profile', { token })).status, 200);
  assert.equal((await told(process.env.SERVICE_SECRET)).status, 204);
  assert.equal((await call('GET', '/profile', { token })).status, 401);
  assert.equal((await call('POST', '/auth/refresh', { body: { refreshToken } })).status, 401);
  assert.equal((await login()).status, 401);
}
