// A request with a proof of the client's key (RFC 9449, ES256) beside one with a bearer token, at one process, in
// turns. Used proofs are in Redis.
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { window } from '../support/load.mjs';
import { startPeer } from '../support/peer-process.mjs';
import { median } from '../support/statistics.mjs';

const CONNECTIONS = 32;
/** Made ahead of a window, and good for a minute. */
const PROOFS = 3000;

export async function bound({ quick, settings, say }) {
  const raw = [];
  for (const adapter of ['fastify', 'express']) {
    say(`bound request, ${adapter}`);
    const peer = await startPeer('tokenward', adapter, { ...settings, dpop: 'offer' });
    try {
      const client = await boundClient(peer);
      for (let turn = 0; turn <= (quick ? 3 : 8); turn++) {
        const load = { connections: CONNECTIONS, amount: quick ? PROOFS / 3 : PROOFS };
        const proved = { token: client.token, proofs: client.proofs(load.amount + CONNECTIONS) };
        const figures = { bound: undefined, unbound: undefined };
        const loads = { bound: { ...load, proved }, unbound: load };
        // each goes first in every other turn
        for (const name of turn % 2 ? ['bound', 'unbound'] : ['unbound', 'bound'])
          figures[name] = await window(peer, loads[name]);
        // the first warms both up
        if (turn > 0) raw.push({ adapter, turn, ...figures });
      }
    } finally {
      await peer.stop();
    }
  }
  return { rows: ['fastify', 'express'].flatMap((adapter) => rowsOf(adapter, raw)), raw };
}

function rowsOf(adapter, raw) {
  const mine = raw.filter((each) => each.adapter === adapter);
  const on = `${adapter}, ${CONNECTIONS} connections`;
  const cpu = (name) => mine.map((each) => each[name].cpuMicros);
  return [
    {
      what: `bound request against an unbound one, ${on}`,
      values: mine.map((each) => each.bound.perSecond / each.unbound.perSecond),
      cpu: 1 / median(mine.map((each) => each.bound.cpuMicros / each.unbound.cpuMicros)),
    },
    { what: `CPU of a bound request, ${on}`, unit: ' µs', better: 'lower', values: cpu('bound') },
    {
      what: `CPU of an unbound request, ${on}`,
      unit: ' µs',
      better: 'lower',
      values: cpu('unbound'),
    },
  ];
}

async function boundClient(peer) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
  const sha256 = (text) => createHash('sha256').update(text).digest('base64url');
  const token = await peer.ask('openBound', sha256(JSON.stringify({ crv, kty, x, y })));
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = part({ typ: 'dpop+jwt', alg: 'ES256', jwk: { crv, kty, x, y } });
  const proof = (nonce) => {
    const of = { htm: 'GET', htu: `${peer.url}/things`, ath: sha256(token), nonce };
    const signed = `${header}.${part({ jti: randomUUID(), iat: Math.floor(Date.now() / 1000), ...of })}`;
    const key = { key: privateKey, dsaEncoding: 'ieee-p1363' };
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
  };
  const asked = await fetch(`${peer.url}/things`, {
    headers: { authorization: `DPoP ${token}`, dpop: proof() },
  });
  const nonce = asked.headers.get('dpop-nonce');
  return { token, proofs: (n) => Array.from({ length: n }, () => proof(nonce)) };
}
