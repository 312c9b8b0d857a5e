import { AuthError } from '../../common/auth-error.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { checkCustomClaims, type CustomClaims } from '../../verify/tokens/custom-claims.js';
import { assertClaimNames } from './claim-names.js';

/** The claims that the host adds to a token: those of its hook, overridden by those that the session keeps. */
export interface AddedClaims {
  readonly told: CustomClaims;
  readonly kept: CustomClaims | null | undefined;
}

export interface ClaimRules {
  /** Names in their plain form. */
  readonly allowed: ReadonlySet<string>;
  readonly options: Pick<ResolvedAuthOptions, 'accessToken' | 'sessions'>;
}

/**
 * The claims as they are signed. The schema checks them as a verifier will see them, after JSON.
 * Throws `claim_refused` for a claim of the hook, and `session_claims_refused` for a claim that the
 * session keeps, because the rules may have changed since it was opened.
 */
export function joinClaims({ told, kept }: AddedClaims, rules: ClaimRules): CustomClaims {
  assertClaimNames(told, rules.allowed);
  if (kept) assertKeptNames(kept, rules.allowed);
  const claims = { ...told, ...kept };
  const refused = refusedBy(claims, rules);
  if (refused.length === 0) return claims;
  const reason = isOfSession({ told, kept }, refused, rules)
    ? 'session_claims_refused'
    : 'claim_refused';
  throw new AuthError(
    reason,
    `accessToken.claimsSchema refuses the added claims at: ${refused.map((path) => path.join('.') || '(all)').join(', ')}`,
  );
}

/** An object as JSON represents it. Throws `claim_refused` for anything else. */
export function asJson(answer: unknown): CustomClaims {
  let claims: unknown;
  try {
    claims = JSON.parse(JSON.stringify(answer));
  } catch {
    claims = undefined;
  }
  if (typeof claims === 'object' && claims !== null && !Array.isArray(claims))
    return claims as CustomClaims;
  throw new AuthError('claim_refused', 'added claims must be an object that JSON can hold');
}

function assertKeptNames(kept: CustomClaims, allowed: ReadonlySet<string>): void {
  try {
    assertClaimNames(kept, allowed);
  } catch (error) {
    throw error instanceof AuthError
      ? new AuthError('session_claims_refused', error.detail)
      : error;
  }
}

function refusedBy(claims: CustomClaims, { options }: ClaimRules): readonly (readonly string[])[] {
  const checked = checkCustomClaims(structuredClone(claims), options.accessToken.claimsSchema);
  return checked.kind === 'accepted' ? [] : checked.paths;
}

/**
 * Whether the session's own claims caused the refusal. Then the session ends. A refused claim of the hook is the host's
 * mistake and ends no session; so is a refusal that the hook's answer alone would cause.
 */
function isOfSession(
  { told, kept }: AddedClaims,
  refused: readonly (readonly string[])[],
  rules: ClaimRules,
): boolean {
  const { accessToken, sessions } = rules.options;
  if (!kept && !sessions.claims) return false;
  if (!accessToken.claims) return true;
  const ofHook = new Set(refusedBy(told, rules).map(([name]) => name));
  return refused.some(
    ([name]) => (kept && name !== undefined && name in kept) || !ofHook.has(name),
  );
}
