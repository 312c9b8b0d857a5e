// Windows of load, by autocannon. Every answer must be a 2xx, or the figure would be of refusals.
import autocannon from 'autocannon';

/** Requests a second, CPU of the server per request in µs, and latencies in ms. */
export async function window(peer, load) {
  const { connections, seconds, amount, rate, path = '/things', tokens, proved, body } = load;
  const before = await peer.ask('cpu');
  const from = performance.now();
  const result = await autocannon({
    url: peer.url + path,
    connections,
    ...(amount ? { amount } : { duration: seconds }),
    sampleInt: 100,
    ...(rate && { overallRate: rate }),
    ...(body ? { method: 'POST', ...bodies(body) } : { headers: peer.headers }),
    ...(proved && { setupClient: withProofs(proved, path) }),
    ...(tokens && { setupClient: slices(tokens, connections, path) }),
  });
  const took = (performance.now() - from) / 1000;
  const after = await peer.ask('cpu');
  const answered = result['2xx'];
  // a machine so busy that nothing came back in time says nothing yet
  if (answered + result.non2xx + result.errors + result.timeouts === 0)
    return window(peer, { ...load, seconds: seconds * 4 });
  if (result.non2xx + result.errors + result.timeouts > 0)
    throw new Error(
      `${peer.name}: ${answered} answered, ${result.non2xx} refused, ${result.errors} failed`,
    );
  return {
    perSecond: answered / took,
    cpuMicros: (after.user + after.system - before.user - before.system) / answered,
    p50: result.latency.p50,
    p99: result.latency.p99,
  };
}

/** Each connection has its own part of the tokens and goes round in it: none comes back before all others were used. */
function slices(tokens, connections, path) {
  const size = Math.floor(tokens.length / connections);
  let client = 0;
  return (each) => {
    const mine = tokens.slice(client * size, ++client * size);
    each.setRequests(
      mine.map((token) => ({ path, headers: { authorization: `Bearer ${token}` } })),
    );
  };
}

/** Each request has a proof of its own. */
function withProofs({ token, proofs }, path) {
  let next = 0;
  const authorization = `DPoP ${token}`;
  const setupRequest = (request) => ({
    ...request,
    headers: { authorization, dpop: proofs[next++] },
  });
  return (client) => client.setRequests([{ path, setupRequest }]);
}

function bodies(list) {
  let next = 0;
  const headers = { 'content-type': 'application/json' };
  const setupRequest = (request) => ({ ...request, body: list[next++ % list.length] });
  return { headers, requests: [{ method: 'POST', headers, setupRequest }] };
}
