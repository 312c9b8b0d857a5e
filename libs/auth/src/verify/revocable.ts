import type { Principal } from '../common/principal.js';
import type { RevocableToken } from '../storage/ledger-entry.js';

type Named = Pick<RevocableToken, 'subject' | 'tokenVersion'>;

/**
 * On the principal of another issuer's token: how the ledger names its subject. Computed once a token, not once a
 * request.
 */
const NAMED = Symbol.for('tokenward.named');

interface Marked {
  readonly [NAMED]?: Named;
}

export function marked(principal: Principal, named: Named): Principal {
  return Object.freeze(Object.defineProperty({ ...principal }, NAMED, { value: named }));
}

/** What the ledger is asked about a caller. */
export function revocable(principal: Principal): RevocableToken {
  const { tokenId, sessionId, id: subject, tokenVersion, keyId, issuedAt } = principal;
  const own = { tokenId, sessionId, subject, tokenVersion, keyId, issuedAt };
  const named = (principal as Marked)[NAMED];
  return named ? { ...own, ...named } : own;
}
