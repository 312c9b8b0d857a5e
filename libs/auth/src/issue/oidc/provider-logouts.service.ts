import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { OidcLogout } from '../../options/oidc-options.js';
import type { ProviderSession } from '../../storage/session.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.service.js';

/** What a provider said of the person at a sign-in here. */
export interface ProviderSignIn extends ProviderSession {
  /** `iat` of the id_token. */
  readonly issuedAtSeconds: number;
}

const [USED, ENDED] = ['oidc_logout_token', 'oidc_logout'];
/**
 * Longer than a logout token is accepted, and longer than a sign-in may wait for its second factor.
 */
const TTL_MS = 30 * 60_000;

/**
 * Which logout tokens were used, and which sessions at a provider have ended: a sign-in that was under way must not
 * outlive the session that it came from.
 */
@Injectable()
export class ProviderLogouts {
  constructor(private readonly tokens: OneTimeTokens) {}

  async wasUsed({ issuer, id }: OidcLogout): Promise<boolean> {
    return (await this.tokens.read(USED, nameOf(issuer, 'jti', id))) !== undefined;
  }

  /** True for exactly one of any number of uses. */
  isFirstUse({ issuer, id }: OidcLogout): Promise<boolean> {
    return this.tokens.isFirstUse(USED, nameOf(issuer, 'jti', id), TTL_MS);
  }

  /**
   * To be called before the sessions are ended: a session that opens later is checked against it. Logout tokens arrive
   * in any order, and at the same time.
   */
  async remember({ issuer, issuerSubject, sid, issuedAtSeconds }: OidcLogout): Promise<void> {
    const whole = sid === undefined ? 'sub' : 'sub without sid';
    const names = [
      ...(sid === undefined ? [] : [nameOf(issuer, 'sid', sid)]),
      ...(issuerSubject === undefined ? [] : [nameOf(issuer, whole, issuerSubject)]),
    ];
    for (const name of names) await this.tokens.keepGreatest(ENDED, name, issuedAtSeconds, TTL_MS);
  }

  /** Whether the session at the provider has ended. */
  async hasEnded({
    issuer,
    issuerSubject,
    sid,
    issuedAtSeconds,
  }: ProviderSignIn): Promise<boolean> {
    const own =
      sid === undefined
        ? nameOf(issuer, 'sub without sid', issuerSubject)
        : nameOf(issuer, 'sid', sid);
    for (const name of [own, nameOf(issuer, 'sub', issuerSubject)]) {
      const ended = await this.tokens.read(ENDED, name);
      // whoever has signed in there again has another id_token
      if (ended && Number(ended.data['at']) >= issuedAtSeconds) return true;
    }
    return false;
  }
}

function nameOf(issuer: string, kind: string, value: string): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, kind, value]))
    .digest('base64url');
}
