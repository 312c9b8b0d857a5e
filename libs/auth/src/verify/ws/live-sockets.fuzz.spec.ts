import { randomBytes } from 'node:crypto';
import { describe } from '@jest/globals';
import fc from 'fast-check';
import { fuzzAsync, jsonOf, must, mutantsOf } from '../../../../../test/support/fuzz.js';
import { AuthenticateFlow } from '../authenticate.js';
import type { AuthoritativeCheck } from '../authoritative-check.service.js';
import { CallerStanding } from '../caller-standing.service.js';
import type { BoundTokens } from '../dpop/bound-tokens.service.js';
import { TokenRecognition } from '../token-recognition.service.js';
import { TokenRefusals } from '../token-refusals.service.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { RevocationChecker } from '../revocation/revocation-checker.service.js';
import { forge, goodClaims, makeBench } from '../tokens/forge.fixture.js';
import type { LiveConnections } from './live-connections.service.js';
import { LiveSockets } from './live-sockets.service.js';

const secret = randomBytes(64);
const { verifier } = makeBench({ algorithm: 'HS256', secret, keyId: 'main' });
const good = forge({ alg: 'HS256', kid: 'main', typ: 'at+jwt' }, goodClaims(), secret, 'HS256');
const revocations = { check: () => 'not_revoked' } as unknown as RevocationChecker;
const refusals = new TokenRefusals();
const flow = new AuthenticateFlow(
  {} as ResolvedAuthOptions,
  refusals,
  new TokenRecognition(verifier),
  new CallerStanding(revocations, refusals),
  {} as BoundTokens,
  {} as AuthoritativeCheck,
);
const options = { cookies: { accessName: 'access_token' }, origins: { trusted: new Set() } };
const connections = {
  hold: (principal: unknown) => ({ principal, release: () => undefined }),
} as unknown as LiveConnections;
const sockets = new LiveSockets(flow, options as unknown as ResolvedAuthOptions, connections);

describe('the first message of a socket, fuzzed', () => {
  fuzzAsync('signs in with a token that is accepted, and with nothing else', {
    inputs: fc.oneof(
      mutantsOf([good], 'ABab01-_.= \n'),
      jsonOf([good, '', 0, 1, null, true], ['token', 'value', 'toString', 'length']),
    ),
    check: async (token) => {
      const client = {};
      let ending = 0;
      await sockets.open(client, { headers: {} }, ({ code }) => (ending = code));
      const standing = await sockets.present(client, token);
      must((standing === 'authenticated') === (token === good), standing);
      must((sockets.principalOf(client) !== undefined) === (token === good), 'somebody');
      must(token === good || ending === 4401, `closed with ${String(ending)}`);
      sockets.closed(client);
    },
  });
});
