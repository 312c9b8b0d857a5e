// Spec support: keys as an issuer publishes them, and services that fetch them, over an answer that the test decides.
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, jest } from '@jest/globals';
import {
  type RemoteJwksOptions,
  remoteJwksSchema,
  resolveRemoteJwks,
  type ResolvedRemoteJwks,
} from '../../options/remote-jwks-options.js';
import { HandClock } from './hand-clock.fixture.js';
import { jwkMembers } from './jwk-members.js';
import { Keyring } from './keyring.service.js';
import { RemoteKeys } from './remote-keys.service.js';

export const ecKey = (kid: string, members: JsonWebKey = {}): JsonWebKey => ({
  ...jwkMembers(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey),
  kid,
  alg: 'ES256',
  use: 'sig',
  ...members,
});

export type Answer = () => Response | Promise<Response>;

/** For the calling file: what each test logs, and services that end with it. */
export function useRemoteKeys() {
  const said: string[] = [];
  const running: RemoteKeys[] = [];
  beforeEach(() => {
    said.length = 0;
    jest
      .spyOn(Logger.prototype, 'warn')
      .mockImplementation((line: unknown) => void said.push(String(line)));
  });
  afterEach(() => {
    for (const remote of running.splice(0)) remote.onApplicationShutdown();
    jest.restoreAllMocks();
  });
  /** `resolved` may break the bounds that `given` must keep. */
  const issuerOf = (
    answer: Answer,
    given: Partial<RemoteJwksOptions> = {},
    resolved: Partial<ResolvedRemoteJwks> = {},
  ) => {
    const clock = new HandClock(0);
    const keyring = new Keyring({ verification: [] });
    const issuer = { answer };
    const jwks = remoteJwksSchema.parse({
      url: 'https://issuer.example/jwks.json',
      fetch: async () => issuer.answer(),
      ...given,
    });
    const remote = new RemoteKeys({ ...resolveRemoteJwks(jwks), ...resolved }, keyring, clock);
    running.push(remote);
    return { clock, keyring, issuer, remote };
  };
  return { said, issuerOf };
}
