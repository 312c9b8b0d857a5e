import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { Entropy } from '../../common/entropy.js';
import type { OidcRequest } from '../../options/oidc-options.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.service.js';
import { RefreshSecrets } from '../sessions/refresh-secrets.js';
import { type KeptRequest, readRequest, writeRequest } from './request-text.js';

/** What is asked of a provider, and for whom. Without `linking` it is a sign-in. */
export type Asked = Omit<KeptRequest, 'secret' | 'until'>;
export type Linking = NonNullable<Asked['linking']>;

/** What came back, and what it was asked as. */
export type AnsweredRequest = Asked & { readonly request: OidcRequest };

export interface Begun {
  readonly request: OidcRequest;
  /** For a cookie of the browser that began. */
  readonly browser: string;
}

export const REQUEST_TTL_SECONDS = 600;
const TTL_MS = REQUEST_TTL_SECONDS * 1000;
const SPENT = 'oidc_state';

/**
 * Requests to providers that are under way. The browser that began keeps what was asked, so that a stranger who begins writes nothing here, and no other
 * browser can finish (login CSRF, RFC 9700, section 4.7). What is spent is remembered until it would be over anyway.
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

  /** Undefined for a state that is too old, of another browser or of another provider. Asks no store. */
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

  /** Spends its state, whatever becomes of the answer. False where it is spent already. */
  spend({ request }: AnsweredRequest): Promise<boolean> {
    // twice as long: the clock of the database may be ahead of this one
    return this.tokens.isFirstUse(SPENT, request.state, 2 * TTL_MS);
  }
}

function requestOf({ maxAgeSeconds }: Asked, redirectUri: string, secret: string): OidcRequest {
  const of = (label: string) => derived(label, secret);
  return {
    ...{ redirectUri, state: of('state'), nonce: of('nonce'), verifier: of('verifier') },
    ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
  };
}

/** 256 bits go in: a plain hash is as good as a MAC. */
function derived(label: string, secret: string): string {
  return createHash('sha256').update(`${label} ${secret}`).digest('base64url');
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
