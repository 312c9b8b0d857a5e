import type { Principal } from '../../common/principal.js';
import type { ApiKey } from '../../storage/api-key-store.port.js';
import type { SubjectState, UserFacts } from '../../storage/subject.js';

/** Less than an entry of the ledger lives (70 minutes): what ended meanwhile is still known when the key is looked up again. */
const REMEMBERED_FOR_SECONDS = 60 * 60;
/** In place of the `kid`: no signing key stands behind it. */
const KEY_ID = 'api_key';

/** Whom a key stands for: its owner, with what the owner may do now and the key was given. It proves no credential. */
export function apiKeyPrincipal(
  key: ApiKey,
  { tokenVersion }: SubjectState,
  { role, permissions }: UserFacts,
  nowMs: number,
): Principal {
  const issuedAt = Math.floor(nowMs / 1000);
  const expiresAt = Math.min(
    issuedAt + REMEMBERED_FOR_SECONDS,
    Math.floor((key.expiresAt?.getTime() ?? Infinity) / 1000),
  );
  return Object.freeze({
    kind: 'api_key',
    id: key.subject,
    // it has no session; the ledger knows it by this name
    sessionId: key.id,
    tokenId: key.id,
    keyId: KEY_ID,
    tokenVersion,
    ...(role !== undefined && { role }),
    permissions: Object.freeze(permissions.filter((each) => key.permissions?.includes(each) ?? true)),
    issuedAt,
    expiresAt,
    claims: Object.freeze({}),
  });
}
