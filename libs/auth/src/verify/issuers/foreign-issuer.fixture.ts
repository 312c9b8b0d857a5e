// Spec support: other issuers with keys, in memory, and forgeries of their tokens.
import type { JsonWebKey, KeyObject } from 'node:crypto';
import {
  trustedIssuersSchema,
  resolveTrustedIssuer,
  type TrustedIssuerOptions,
} from '../../options/issuer-options.js';
import type { SigningAlgorithm } from '../../options/key-options.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { HandClock } from '../keys/hand-clock.fixture.js';
import { jwkMembers } from '../keys/jwk-members.js';
import type { VerificationOutcome } from '../tokens/access-token-verifier.service.js';
import { forge, makeKey, NOW } from '../tokens/forge.fixture.js';
import { TrustedIssuers } from './trusted-issuers.service.js';

export class ForeignIssuer {
  readonly keys = new Map<string, KeyObject>();
  published: JsonWebKey[] = [];
  fetches = 0;
  isUp = true;

  constructor(readonly algorithm: SigningAlgorithm = 'ES256') {
    this.addKey('one');
  }

  addKey(kid: string, members: JsonWebKey = { alg: this.algorithm }): void {
    const { privateKey, publicKey } = makeKey(this.algorithm);
    this.keys.set(kid, privateKey);
    this.published.push({ ...jwkMembers(publicKey), kid, use: 'sig', ...members });
  }

  readonly fetch = async (): Promise<Response> => {
    this.fetches += 1;
    if (!this.isUp) throw new Error('down');
    return new Response(JSON.stringify({ keys: this.published }));
  };

  sign(
    claims: Record<string, unknown>,
    header: Record<string, unknown> = { typ: 'JWT' },
    kid = 'one',
  ): string {
    const key = this.keys.get(kid);
    if (!key) throw new Error(`no key ${kid}`);
    return forge({ alg: this.algorithm, kid, ...header }, claims, key, this.algorithm);
  }
}

/** Time claims that all of these issuers set. */
export const TIMES = { iat: NOW, exp: NOW + 3600 };

export async function trusting(...entries: readonly TrustedIssuerOptions[]) {
  const clock = new HandClock(NOW);
  const issuers = new TrustedIssuers(
    {
      trustedIssuers: trustedIssuersSchema.parse(entries).map(resolveTrustedIssuer),
      accessToken: { clockToleranceSeconds: 30, cacheSize: 100 },
    } as unknown as ResolvedAuthOptions,
    clock,
  );
  await issuers.onApplicationBootstrap();
  const names = entries.map(({ issuer }) => issuer);
  const verify = async (token: string, on = names): Promise<VerificationOutcome | undefined> =>
    issuers.verify(token, on);
  /** The outcome in one word. */
  const verdict = async (token: string, on = names): Promise<string> => {
    const outcome = await verify(token, on);
    if (!outcome) return 'not asked';
    return outcome.kind === 'accepted' ? 'accepted' : outcome.reason;
  };
  return { clock, issuers, verify, verdict };
}
