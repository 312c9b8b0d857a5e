import type { Principal } from '../../common/principal.js';
import type { ApiKey } from '../../storage/api-key-store.port.js';
import type { SubjectState, UserFacts } from '../../storage/subject.js';

/**
 * Shorter than the life of a ledger entry (70 minutes): a revocation in between is still known when the key is looked
 * up again.
 */
const REMEMBERED_FOR_SECONDS = 60 * 60;
/** In place of a `kid`: an API key is not signed. */
const KEY_ID = 'api_key';

/**
 * Whom a key stands for: its owner, with those permissions of the owner that the key was given. A key that was given an
 * empty list has no role either. It does not count as a proof of a credential.
 */
export function apiKeyPrincipal(
  key: ApiKey,
  { tokenVersion }: SubjectState,
  { role, permissions, tenant }: UserFacts,
  nowMs: number,
): Principal {
  const hasRights = key.permissions?.length !== 0;
  const issuedAt = Math.floor(nowMs / 1000);
  const expiresAt = Math.min(
    issuedAt + REMEMBERED_FOR_SECONDS,
    Math.floor((key.expiresAt?.getTime() ?? Infinity) / 1000),
  );
  return Object.freeze({
    kind: 'api_key',
    ...(tenant !== undefined && { tenant }),
    id: key.subject,
    // an API key has no session; this is its name in the ledger
    sessionId: key.id,
    tokenId: key.id,
    keyId: KEY_ID,
    tokenVersion,
    ...(role !== undefined && hasRights && { role }),
    permissions: Object.freeze(
      permissions.filter((each) => key.permissions?.includes(each) ?? true),
    ),
    issuedAt,
    expiresAt,
    claims: Object.freeze({}),
  });
}
