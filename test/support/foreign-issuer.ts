import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';

/** Another issuer, as a verifier sees it: a JWKS on loopback, and tokens. */
export class ForeignIssuer {
  fetches = 0;
  readonly #keys = new Map<string, CryptoKey>();
  readonly #published: JWK[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((_request, response) => {
      this.fetches += 1;
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ keys: this.#published }));
    });
  }

  static async start(): Promise<ForeignIssuer> {
    const made = new ForeignIssuer();
    await made.addKey('one');
    await new Promise<void>((resolve) => made.#server.listen(0, '127.0.0.1', resolve));
    return made;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  get jwksUrl(): string {
    return `${this.url}/jwks.json`;
  }

  async addKey(kid: string): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    this.#keys.set(kid, privateKey);
    this.#published.push({ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' });
  }

  /** A good access token with a lifetime of one hour, with the changes; `undefined` omits a claim. */
  async sign(
    changes: JWTPayload = {},
    kid = 'one',
    typ: string | undefined = 'JWT',
  ): Promise<string> {
    const key = this.#keys.get(kid);
    if (!key) throw new Error(`no key ${kid}`);
    const iat = Math.floor(Date.now() / 1000);
    const claims = {
      iss: this.url,
      aud: 'api',
      sub: 'sub-1',
      jti: randomUUID(),
      iat,
      exp: iat + 3600,
    };
    return new SignJWT({ ...claims, ...changes })
      .setProtectedHeader({ alg: 'ES256', kid, ...(typ !== undefined && { typ }) })
      .sign(key);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
