import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { Entropy } from '../../common/entropy.js';
import type { OidcRequest } from '../../options/oidc-options.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.service.js';
import { RefreshSecrets } from '../sessions/refresh-secrets.js';
import { type KeptRequest, readRequest, writeRequest } from './request-text.js';

/** A request to a provider, and who makes it. Without `linking` it is a sign-in. */
export type Asked = Omit<KeptRequest, 'secret' | 'until'>;
export type Linking = NonNullable<Asked['linking']>;

/** What the browser sent back, and the request that was begun. */
export type AnsweredRequest = Asked & { readonly request: OidcRequest };

export interface Begun {
  readonly request: OidcRequest;
  /** The value of the cookie for the browser that began. */
  readonly browser: string;
}

export const REQUEST_TTL_SECONDS = 600;
const TTL_MS = REQUEST_TTL_SECONDS * 1000;
const SPENT = 'oidc_state';

/**
 * Requests to providers that are under way. The browser that began one keeps it in a cookie: a stranger who begins
 * writes nothing to the database, and no other browser can finish (login CSRF, RFC 9700, section 4.7). A spent request
 * is remembered until it expires.
 */
@Injectable()
export class OidcRequests {
  constructor(
    private readonly ring: RefreshSecrets,
    private readonly tokens: OneTimeTokens,
    private readonly entropy: Entropy,
    private readonly clock: Clock,
  ) {}

  begin(asked: Asked, redirectUri: string): Begun {
    const secret = this.entropy.bytes(32).toString('base64url');
    const browser = writeRequest(this.ring, { ...asked, secret, until: this.clock.now() + TTL_MS });
    return { request: requestOf(asked, redirectUri, secret), browser };
  }

  /** Undefined where the state has expired, or is of another browser or another provider. No store is asked. */
  find(
    provider: string,
    redirectUri: string,
    { state, browser }: { readonly state: string; readonly browser: string | undefined },
  ): AnsweredRequest | undefined {
    const kept = readRequest(this.ring, browser, this.clock.now());
    if (kept?.provider !== provider) return undefined;
    const request = requestOf(kept, redirectUri, kept.secret);
    return isSame(state, request.state) ? { ...kept, request } : undefined;
  }

  /** Spends the state, whether the answer is accepted or not. False where it was spent before. */
  spend({ request }: AnsweredRequest): Promise<boolean> {
    // twice as long: the clock of the database may be ahead of this one
    return this.tokens.isFirstUse(SPENT, request.state, 2 * TTL_MS);
  }
}

function requestOf({ maxAgeSeconds }: Asked, redirectUri: string, secret: string): OidcRequest {
  const of = (label: string) => derived(label, secret);
  return {
    redirectUri,
    state: of('state'),
    nonce: of('nonce'),
    verifier: of('verifier'),
    ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
  };
}

/** The input has 256 random bits: a plain hash is as good as a MAC. */
function derived(label: string, secret: string): string {
  return createHash('sha256').update(`${label} ${secret}`).digest('base64url');
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
