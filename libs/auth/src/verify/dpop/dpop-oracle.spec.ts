import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as DPoP from 'dpop';
import { FORGERIES, forge, NOW, URI } from './dpop-proof.fixture.js';
import { checkProof, PROOF_ALGORITHMS } from './dpop-proof.js';

const ORIGIN = new URL(URI);
const CLIENT = { client_id: 'client', client_secret: 'secret' };
type Verdict = 'accepted' | 'refused';

const ours = (proof: string, nowMs = NOW * 1000): Verdict =>
  checkProof(proof, { method: 'POST', uri: URI, nowMs, windowMs: 90_000 }).kind;

/** What oidc-provider accepts and we refuse, and why we may. */
const STRICTER: Readonly<Record<string, string>> = {
  'a key by reference': 'RFC 8725, section 3.10: only the key inside the proof is used',
  'a certificate': 'the same',
  'an instant before the window': 'its window is 300 seconds, ours 60 and the clock tolerance',
  'an instant after the window': 'the same',
  'an id of 129 characters': 'an id is kept; the contract has a limit',
  'a number as the hash of a token': 'without a token it is not read there; a hash is a text',
  'more than 8 KiB': 'nothing that long is parsed',
};

describe('oidc-provider, given the same proof,', () => {
  let server: Server;
  let theirs: (proof: string) => Promise<Verdict>;
  beforeAll(async () => {
    // it prints hints about production settings and about the Node version
    for (const level of ['info', 'warn'] as const)
      jest.spyOn(console, level).mockReturnValue(undefined);
    const { default: Provider } = await import('oidc-provider');
    const provider = new Provider(ORIGIN.origin, {
      clients: [
        { ...CLIENT, grant_types: ['client_credentials'], response_types: [], redirect_uris: [] },
      ],
      features: { dPoP: { enabled: true }, clientCredentials: { enabled: true } },
      enabledJWA: { dPoPSigningAlgValues: [...PROOF_ALGORITHMS] },
      // a proof is for the path that it is sent to
      routes: { token: ORIGIN.pathname },
    });
    provider.proxy = true;
    const answer = provider.callback();
    server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    theirs = async (proof) => {
      const { error, token_type } = await post(port, proof);
      if (token_type === 'DPoP') return 'accepted';
      expect(error).toBe('invalid_dpop_proof');
      return 'refused';
    };
  });
  afterAll(() => void server.close());

  it('agrees on a good proof', async () => {
    expect(await theirs(await forge())).toBe('accepted');
    expect(ours(await forge())).toBe('accepted');
  });

  it('has a stated reason only for forgeries that exist', () => {
    const names = FORGERIES.map(([name]) => name);
    expect(Object.keys(STRICTER).filter((name) => !names.includes(name))).toEqual([]);
  });

  // T-dpf8
  it.each(FORGERIES)(
    'agrees, or differs for a stated reason, on a proof with %s',
    async (name, _, forgery) => {
      const proof = await forge(forgery());
      expect([name, ours(proof)]).toEqual([name, 'refused']);
      expect([name, await theirs(proof)]).toEqual([
        name,
        name in STRICTER ? 'accepted' : 'refused',
      ]);
    },
  );

  // T-dpf9
  it.each([
    ['the query and the fragment', `${URI}?q=1#f`, 'accepted'],
    [
      'host and scheme in capitals, the default port',
      'HTTPS://API.Example.com:443/notes',
      'accepted',
    ],
    ['dots', 'https://api.example.com/a/../notes', 'accepted'],
    ['a slash more', `${URI}/`, 'refused'],
    ['two slashes', 'https://api.example.com//notes', 'refused'],
    ['a path in capitals', 'https://api.example.com/Notes', 'refused'],
  ] as const)('agrees on a URI with %s', async (_, htu, verdict) => {
    const proof = await forge({ claims: { htu } });
    expect([ours(proof), await theirs(proof)]).toEqual([verdict, verdict]);
  });

  it('treats an unnecessary percent-escape as another URI; RFC 3986, section 6.2.2.2, says that it is the same', async () => {
    const proof = await forge({ claims: { htu: 'https://api.example.com/n%6Ftes' } });
    expect([ours(proof), await theirs(proof)]).toEqual(['accepted', 'refused']);
  });

  // T-dpfa
  it.each(['ES256', 'RS256', 'PS256'] as const)(
    'agrees on a proof of the dpop package: %s',
    async (algorithm) => {
      const keys = await DPoP.generateKeyPair(algorithm, { extractable: true });
      const proof = await DPoP.generateProof(keys, URI, 'POST');
      expect([ours(proof, Date.now()), await theirs(proof)]).toEqual(['accepted', 'accepted']);
      // neither accepts the proof with another method
      const other = await DPoP.generateProof(keys, URI, 'GET');
      expect([ours(other, Date.now()), await theirs(other)]).toEqual(['refused', 'refused']);
    },
  );
});

const post = (port: number, proof: string) =>
  new Promise<{ readonly error?: string; readonly token_type?: string }>((resolve, reject) => {
    const sent = request(
      {
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: ORIGIN.pathname,
        headers: {
          host: ORIGIN.host,
          'x-forwarded-proto': 'https',
          dpop: proof,
          'content-type': 'application/x-www-form-urlencoded',
        },
      },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += String(chunk)));
        answer.on('end', () =>
          resolve(JSON.parse(text) as { error?: string; token_type?: string }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(new URLSearchParams({ ...CLIENT, grant_type: 'client_credentials' }).toString());
  });
