/** A request with a token or key: its status, once its body is read. */
export async function statusOf(url, token, { method = 'GET', headers = {} } = {}) {
  const answer = await fetch(url, {
    method,
    headers: { ...headers, authorization: `Bearer ${token}` },
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** Throws if the answer is not a success. A 503 is asked again: Redis may have been killed a moment ago. */
export async function posted(url, body, token) {
  const ask = () =>
    fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
  let answer = await ask();
  while (answer.status === 503) answer = await ask();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer.json();
}

/**
 * Milliseconds from the answer of `revoke` until each process was sent the first request that it did not accept any
 * more; 503 is not an acceptance, and 401 ends the wait.
 */
export async function refusedAfter(urls, token, revoke) {
  const ask = (url) => statusOf(`${url}/me`, token);
  for (const url of urls) {
    let before = await ask(url);
    while (before === 503) before = await ask(url);
    if (before !== 200) throw new Error(`answered ${before} before the revocation`);
  }
  const status = await revoke();
  if (status !== 204) throw new Error(`the revocation answered ${status}`);
  const answeredAt = performance.now();
  return Promise.all(
    urls.map(async (url) => {
      for (let since; ;) {
        const sentAt = performance.now();
        const status = await ask(url);
        since = status === 200 ? undefined : (since ?? sentAt);
        if (status === 401) return since - answeredAt;
      }
    }),
  );
}
