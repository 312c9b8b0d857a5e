import { HttpException } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { Principal } from '../../common/principal.js';
import type { ForeignIssuerOf } from '../../options/issuer-options.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { TenantOf } from '../../options/tenant-options.js';
import type { HttpRequest } from '../http/adapter.js';

/**
 * Whose tokens a route takes beside our own: those of the issuers that it names, or of the one that a function of the
 * host chooses.
 */
export type Trusted = readonly string[] | ForeignIssuerOf;
/** As far as one request goes. */
export type Trust = readonly string[] | ((issuer: string) => boolean);

/** Without a request nobody can be asked, and nobody is trusted. */
export function trustOf(trusted: Trusted, request: HttpRequest | undefined): Trust {
  if (typeof trusted !== 'function') return trusted;
  return (issuer) =>
    request !== undefined && answered('@TrustIssuers', () => trusted(request, issuer)) === issuer;
}

export function trusts(trust: Trust, issuer: string): boolean {
  return typeof trust === 'function' ? trust(issuer) : trust.includes(issuer);
}

/** Which tenant the request is about. Throws `unavailable` where the host cannot tell. */
export function tenantAt(of: TenantOf, request: HttpRequest, iss?: string): string | undefined {
  return answered('tenants.of', () => of(request, iss));
}

/** Whether a caller whose token is ours belongs where the request is about. */
export function belongsAt(
  { tenants, issuer }: Pick<ResolvedAuthOptions, 'tenants' | 'issuer'>,
  { tenant }: Principal,
  request: HttpRequest | undefined,
): boolean {
  if (!tenants) return true;
  const iss = tenant === undefined ? issuer : tenants.issuers.get(tenant);
  // an API key's owner may be of a tenant that has no issuer
  if (!request || iss === undefined) return false;
  return tenantAt(tenants.of, request, iss) === tenant;
}

/** The host's own refusal (404 for an unknown host name) is the caller's answer, as with `identifier.tenant`. */
function answered(asked: string, ask: () => unknown): string | undefined {
  let answer: unknown;
  try {
    answer = ask();
  } catch (error) {
    if (error instanceof HttpException) throw error;
    throw AuthError.unavailable(`${asked} failed`, error);
  }
  if (answer === undefined || typeof answer === 'string') return answer;
  throw AuthError.unavailable(`${asked} must answer at once, with a text or undefined`);
}
