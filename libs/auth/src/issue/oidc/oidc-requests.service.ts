import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Entropy } from '../../common/entropy.js';
import type { OidcRequest } from '../../options/oidc-options.js';
import type { SubjectState } from '../../storage/subject.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.service.js';

/** Of somebody signed in who wants an identity linked. */
export interface Linking {
  readonly subject: string;
  /** As read with the proof that allowed it. */
  readonly state: SubjectState;
  readonly sessionId: string;
}

/** What is asked of a provider, and for whom. */
export interface Asked {
  readonly provider: string;
  readonly redirectUri: string;
  readonly returnTo: string;
  /** None: a sign-in. */
  readonly linking?: Linking;
}

/** What came back, and what it was asked as. */
export type AnsweredRequest = Asked & { readonly request: OidcRequest };

export interface Begun {
  readonly request: OidcRequest;
  /** For a cookie of the browser that began. */
  readonly browser: string;
}

/** What the state was kept with. */
interface Kept extends Readonly<Record<string, unknown>>, Omit<Asked, 'linking'> {
  readonly browser: string;
  readonly linking?: Omit<Linking, 'subject'>;
}

export const REQUEST_TTL_SECONDS = 600;
const [SIGN_IN, LINK] = ['oidc_sign_in', 'oidc_link'];
const BROWSER = /^[A-Za-z0-9_-]{43}$/;
/** Links of one user that may be under way at once. */
const AT_MOST = 3;

/**
 * Requests to providers that are under way. `state` is a one-time token that works in the browser that began alone (login CSRF, RFC 9700, section
 * 4.7). `nonce` and the PKCE verifier are derived from it and the browser's cookie: they are kept nowhere.
 */
@Injectable()
export class OidcRequests {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly entropy: Entropy,
  ) {}

  /** Undefined where the sessions of who wants to link were ended meanwhile. */
  async begin({ linking, ...asked }: Asked): Promise<Begun | undefined> {
    const browser = this.entropy.bytes(32).toString('base64url');
    const { subject, ...rest } = linking ?? {};
    const data = { ...asked, browser: derived('browser', browser), ...(linking && { linking: rest }) };
    const ttlMs = REQUEST_TTL_SECONDS * 1000;
    const state = await this.tokens.issue(
      linking && subject !== undefined
        ? {
            ...{ kind: LINK, data, ttlMs },
            owner: { subject, epoch: linking.state.epoch, diesWith: 'sessions', atMost: AT_MOST },
          }
        : { kind: SIGN_IN, data, ttlMs },
    );
    return state === undefined ? undefined : { request: requestOf(asked, state, browser), browser };
  }

  /** Spends the state, whatever becomes of the answer. Undefined for one that is spent, too old, of another browser or of another provider. */
  async finish(
    provider: string,
    state: string,
    browser: string | undefined,
  ): Promise<AnsweredRequest | undefined> {
    const spent = (await this.tokens.redeem(SIGN_IN, state)) ?? (await this.tokens.redeem(LINK, state));
    if (!spent || browser === undefined || !BROWSER.test(browser)) return undefined;
    const { browser: expected, linking, ...asked } = spent.data as unknown as Kept;
    if (!isSame(derived('browser', browser), expected) || asked.provider !== provider) return undefined;
    const request = requestOf(asked, state, browser);
    if (!spent.owner) return { ...asked, request };
    return linking && { ...asked, request, linking: { ...linking, subject: spent.owner.subject } };
  }
}

function requestOf({ redirectUri }: Pick<Asked, 'redirectUri'>, state: string, browser: string): OidcRequest {
  const secret = `${browser}.${state}`;
  return { redirectUri, state, nonce: derived('nonce', secret), verifier: derived('verifier', secret) };
}

/** 256 bits go in: a plain hash is as good as a MAC. */
function derived(label: string, secret: string): string {
  return createHash('sha256').update(`${label} ${secret}`).digest('base64url');
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
