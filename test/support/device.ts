import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { HttpAnswer, HttpClient, RequestHeaders, RequestOptions } from './http.js';

/** The contents of a proof; a test can make each member wrong. */
export interface ProofParts {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly key?: KeyObject;
  /** The encoding of an EC signature. Default: that of JOSE. */
  readonly encoding?: 'der' | 'ieee-p1363';
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The browser's part of Device Bound Session Credentials: a key, and proofs with it for a client's cookies. */
export class DeviceAgent {
  readonly keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  /** Of the registration. */
  sessionId: string | undefined;

  constructor(
    readonly client: HttpClient,
    readonly algorithm: 'ES256' | 'RS256' = 'ES256',
  ) {
    this.keys =
      algorithm === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  }

  get jwk(): Record<string, unknown> {
    return { ...this.keys.publicKey.export({ format: 'jwk' }) };
  }

  proof(
    challenge: string,
    { header, payload, key, encoding = 'ieee-p1363' }: ProofParts = {},
  ): string {
    const head = { typ: 'dbsc+jwt', alg: this.algorithm, ...header };
    const signed = `${part(head)}.${part({ jti: challenge, ...payload })}`;
    const how = { key: key ?? this.keys.privateKey, dsaEncoding: encoding };
    return `${signed}.${sign('sha256', Buffer.from(signed), how).toString('base64url')}`;
  }

  send(
    path: string,
    proof?: string,
    client = this.client,
    more: RequestOptions = {},
  ): Promise<HttpAnswer> {
    const session: RequestHeaders =
      this.sessionId === undefined ? {} : { 'sec-secure-session-id': this.sessionId };
    const response: RequestHeaders =
      proof === undefined ? {} : { 'secure-session-response': proof };
    return client.post(path, undefined, {
      ...more,
      headers: { ...session, ...response, ...more.headers },
    });
  }

  /** Registers like a browser after `Secure-Session-Registration`. */
  async register(login: Pick<HttpAnswer, 'headers'>, parts: ProofParts = {}): Promise<HttpAnswer> {
    const { path, challenge } = registrationOf(login);
    const answer = await this.send(
      path,
      this.proof(challenge, { header: { jwk: this.jwk }, ...parts }),
    );
    if (answer.status === 200)
      this.sessionId = answer.json<{ session_identifier: string }>().session_identifier;
    return answer;
  }

  async challenge(client = this.client): Promise<string> {
    return challengeOf(await this.send('/auth/device/refresh', undefined, client));
  }

  /** Asks for a challenge and answers it. */
  async refresh(parts: ProofParts = {}, client = this.client): Promise<HttpAnswer> {
    const challenge = await this.challenge(client);
    return this.send('/auth/device/refresh', this.proof(challenge, parts), client);
  }
}

/** The challenge in a login's answer. */
export function registrationOf({ headers }: Pick<HttpAnswer, 'headers'>) {
  const found = /^\(([A-Z0-9 ]+)\);path="([^"]+)";challenge="([\w-]+)"$/.exec(
    headers['secure-session-registration'] ?? '',
  );
  const [, algorithms = '', path = '', challenge = ''] = found ?? [];
  return { algorithms: algorithms.split(' '), path, challenge };
}

/** The challenge in a refusal; empty if there is none. */
export function challengeOf({ headers }: HttpAnswer): string {
  return /^"([\w-]+)"(?:;id="[\w-]+")?$/.exec(headers['secure-session-challenge'] ?? '')?.[1] ?? '';
}
