import {
  createHmac,
  generateKeyPairSync,
  type KeyPairKeyObjectResult,
  randomBytes,
} from 'node:crypto';
import type { ManualClock } from '@tokenward/nestjs/testing';
import { challengeOf, type DeviceAgent, type ProofParts, registrationOf } from './device.js';
import type { HttpAnswer, HttpClient } from './http.js';

/** For a refresh: a browser with its key. For a registration: one that has just signed in. */
export interface Scene {
  readonly client: HttpClient;
  readonly agent: DeviceAgent;
  readonly login: HttpAnswer;
  readonly clock: ManualClock;
  /** A client with the same cookies at another process. */
  elsewhere(): HttpClient;
  /** A client with another session of the same user, whose browser has a key. */
  neighbour(): Promise<{ readonly agent: DeviceAgent; readonly login: HttpAnswer }>;
}

export interface BadProof {
  readonly name: string;
  send(scene: Scene): Promise<HttpAnswer>;
  /** Whether the refusal causes the event `device.refused`, because the sender lacks the key. */
  readonly isSuspicious?: true;
}

const REFRESH = '/auth/device/refresh';
const REGISTER = '/auth/device';
const otherKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const asJwk = ({ publicKey }: Pick<KeyPairKeyObjectResult, 'publicKey'>) =>
  publicKey.export({ format: 'jwk' });

/** Proofs that are wrong, whoever signed them. */
const MALFORMED: Readonly<Record<string, ProofParts>> = {
  'another typ': { header: { typ: 'jwt' } },
  'the typ of DPoP': { header: { typ: 'dpop+jwt' } },
  'no typ': { header: { typ: undefined } },
  'alg none': { header: { alg: 'none' } },
  'no alg': { header: { alg: undefined } },
  'an HMAC alg': { header: { alg: 'HS256' } },
  'another EC alg': { header: { alg: 'ES384' } },
  crit: { header: { crit: ['b64'], b64: false } },
  'no jti': { payload: { jti: undefined } },
  'a jti that is not text': { payload: { jti: 7 } },
  'a jti that is several': { payload: { jti: ['a', 'b'] } },
  'an empty jti': { payload: { jti: '' } },
  'a jti that is not a challenge of ours': {
    payload: { jti: randomBytes(39).toString('base64url') },
  },
};

/** Changes that make a good proof malformed. */
const SPOILT: Readonly<Record<string, (proof: string) => string | readonly string[]>> = {
  'a word': () => 'x',
  'no parts': () => '.',
  'empty parts': () => '..',
  'no signature': (proof) => proof.replace(/[^.]*$/, ''),
  padding: (proof) => `${proof}=`,
  'two signatures': (proof) => `${proof}.${proof.split('.')[2] ?? ''}`,
  'two headers': (proof) => [proof, proof],
};

const rows = <T>(
  from: Readonly<Record<string, T>>,
  send: (scene: Scene, given: T) => Promise<HttpAnswer>,
) =>
  Object.entries(from).map(([name, given]): BadProof => ({
    name,
    send: (scene) => send(scene, given),
  }));
const sendText = ({ agent, client }: Scene, path: string, text: string | readonly string[]) =>
  agent.send(path, undefined, client, { headers: { 'secure-session-response': text } });

/** Proofs signed by a key that the session does not have. */
const FOREIGN: Readonly<Record<string, (scene: Scene) => ProofParts | Promise<ProofParts>>> = {
  'a DER signature': () => ({ encoding: 'der' }),
  'another key': () => ({ key: otherKey().privateKey }),
  'another key, which it brings': () => {
    const own = otherKey();
    return { key: own.privateKey, header: { jwk: asJwk(own) } };
  },
  'the key of another session': async ({ neighbour }) => ({
    key: (await neighbour()).agent.keys.privateKey,
  }),
  'an RSA key': () => ({
    key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    header: { alg: 'RS256' },
  }),
  'the alg of an RSA key': () => ({ header: { alg: 'RS256' } }),
};

/** Proofs by the right key with a wrong challenge. */
const CHALLENGES: Readonly<Record<string, (scene: Scene) => Promise<string>>> = {
  'the challenge of its login': ({ login }) => Promise.resolve(registrationOf(login).challenge),
  'a challenge of another session': async ({ neighbour }) => (await neighbour()).agent.challenge(),
  'a challenge that is older than five minutes': async ({ agent, clock }) => {
    const challenge = await agent.challenge();
    clock.advance('301s');
    return challenge;
  },
  'a used challenge': async ({ agent }) => {
    const challenge = await agent.challenge();
    const { status } = await agent.send(REFRESH, agent.proof(challenge));
    if (status !== 200) throw new Error(`the first use was ${String(status)}`);
    return challenge;
  },
};

const refreshBy = async ({ agent }: Scene, challenge: Promise<string>, at?: HttpClient) =>
  agent.send(REFRESH, agent.proof(await challenge), at);

export const BAD_REFRESHES: readonly BadProof[] = [
  { name: 'no proof', send: ({ agent }) => agent.send(REFRESH) },
  ...rows(MALFORMED, ({ agent }, parts) => agent.refresh(parts)),
  ...rows(SPOILT, async (scene, spoil) =>
    sendText(scene, REFRESH, spoil(scene.agent.proof(await scene.agent.challenge()))),
  ),
  {
    name: 'the HMAC of its public key',
    isSuspicious: true,
    async send(scene) {
      const [head = '', body = ''] = scene.agent.proof(await scene.agent.challenge()).split('.');
      const secret = scene.agent.keys.publicKey.export({ format: 'pem', type: 'spki' });
      const signature = createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url');
      return sendText(scene, REFRESH, `${head}.${body}.${signature}`);
    },
  },
  ...rows(FOREIGN, async (scene, parts) => scene.agent.refresh(await parts(scene))).map(
    (row): BadProof => ({
      ...row,
      isSuspicious: true,
    }),
  ),
  ...rows(CHALLENGES, (scene, challenge) => refreshBy(scene, challenge(scene))),
  ...rows(CHALLENGES, (scene, challenge) =>
    refreshBy(scene, challenge(scene), scene.elsewhere()),
  ).map(({ name, send }): BadProof => ({ name: `${name}, at another process`, send })),
];

/** Only the key is wrong; it signed the proof. */
const signedBy = (
  pair: KeyPairKeyObjectResult,
  alg = 'ES256',
  jwk = pair.publicKey,
): ProofParts => ({
  header: { alg, jwk: jwk.export({ format: 'jwk' }) },
  key: pair.privateKey,
});
const own = otherKey();
const BAD_KEYS: Readonly<Record<string, ProofParts>> = {
  'a DER signature': { encoding: 'der' },
  'no key': { header: { jwk: undefined } },
  'the key of somebody else': { header: { jwk: asJwk(otherKey()) } },
  'a private key': signedBy(own, 'ES256', own.privateKey),
  'a key of another curve': signedBy(generateKeyPairSync('ec', { namedCurve: 'P-384' })),
  'a weak RSA key': signedBy(generateKeyPairSync('rsa', { modulusLength: 1024 }), 'RS256'),
  'an RSA key for ES256': signedBy(generateKeyPairSync('rsa', { modulusLength: 2048 }), 'ES256'),
  'a symmetric key': { header: { jwk: { kty: 'oct', k: 'AAAA' } } },
  'a text as its key': { header: { jwk: 'key' } },
};

/** A challenge of another login. */
const BAD_REGISTRATION_CHALLENGES: Readonly<Record<string, (scene: Scene) => Promise<string>>> = {
  'a challenge of another login': async ({ neighbour }) =>
    registrationOf((await neighbour()).login).challenge,
  'a challenge of a refresh': async ({ neighbour }) => (await neighbour()).agent.challenge(),
  'a challenge that was given without one': async ({ agent }) =>
    challengeOf(await agent.send(REGISTER)),
  'a challenge that is older than five minutes': ({ login, clock }) => {
    clock.advance('301s');
    return Promise.resolve(registrationOf(login).challenge);
  },
};

const registerWith = ({ agent, login }: Scene, { header, ...others }: ProofParts) =>
  agent.register(login, { ...others, header: { jwk: agent.jwk, ...header } });

export const BAD_REGISTRATIONS: readonly BadProof[] = [
  { name: 'no proof', send: ({ agent }) => agent.send(REGISTER) },
  ...rows({ ...MALFORMED, ...BAD_KEYS }, registerWith),
  ...rows(SPOILT, (scene, spoil) => {
    const { agent, login } = scene;
    const good = agent.proof(registrationOf(login).challenge, { header: { jwk: agent.jwk } });
    return sendText(scene, REGISTER, spoil(good));
  }),
  ...rows(BAD_REGISTRATION_CHALLENGES, async (scene, challenge) =>
    registerWith(scene, { payload: { jti: await challenge(scene) } }),
  ),
];
