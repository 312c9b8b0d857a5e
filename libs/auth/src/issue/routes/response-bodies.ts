import type { Principal } from '../../common/principal.js';
import type { ApiKey } from '../../storage/api-key-store.port.js';
import type { Identity } from '../../storage/identity-store.port.js';
import type { Factor } from '../../storage/factor.js';
import type {
  ApiKeyBody,
  FactorBody,
  IdentityBody,
  LoginAnswer,
  MeBody,
  SessionBody,
  TokenBody,
  UserBody,
} from '../../contract/index.js';
import type { EndSessionsFlow } from '../flows/end-sessions.flow.js';
import type { LoginResult, IssuedTokens } from '../tokens/issued-tokens.js';

type Session = Awaited<ReturnType<EndSessionsFlow['list']>>[number];

/**
 * The part of the issued tokens that the transport puts into a body. A refresh token that belongs in a cookie never
 * goes there.
 */
export function tokenBody(grant: IssuedTokens): TokenBody {
  return {
    tokenType: grant.tokenType,
    expiresIn: grant.accessExpiresInSeconds,
    ...(grant.transport !== 'cookie' && { accessToken: grant.accessToken }),
    ...(grant.transport === 'bearer' && { refreshToken: grant.refreshToken }),
    ...(grant.transport === 'bearer' && grant.deviceToken && { device: grant.deviceToken }),
  };
}

export function loginAnswer({ user, grant }: LoginResult): LoginAnswer {
  return { user: userBody(user), ...tokenBody(grant) };
}

/** Copied member by member, because the host's account may hold private data. */
export function userBody({ id, email, role, name }: UserBody): UserBody {
  return { id, email, ...(role != null && { role }), ...(name != null && { name }) };
}

/** The token's claims take precedence over the directory's, because guards decide by the token. */
export function meBody(
  principal: Principal,
  { email, name }: Pick<UserBody, 'email' | 'name'>,
): MeBody {
  const {
    id,
    role,
    permissions,
    sessionId,
    authTime,
    amr = [],
    bound,
    expiresAt,
    actor,
  } = principal;
  return {
    id,
    email,
    ...(name != null && { name }),
    ...(role !== undefined && { role }),
    permissions,
    sessionId,
    ...(authTime !== undefined && { authTime: instant(authTime * 1000) }),
    amr,
    ...(bound && { bound }),
    expiresAt: instant(expiresAt * 1000),
    ...(actor && { actor: { id: actor.id } }),
  };
}

export function sessionBody(session: Session, currentId: string): SessionBody {
  const { id, createdAt, lastUsedAt, idleExpiresAt, absoluteExpiresAt, ip, userAgent, persistent } =
    session;
  const { bound } = session;
  return {
    id,
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt.toISOString(),
    expiresAt: instant(Math.min(idleExpiresAt.getTime(), absoluteExpiresAt.getTime())),
    ip,
    userAgent,
    persistent,
    current: id === currentId,
    ...(bound && { bound: bound.kind }),
    ...(session.actor && { actor: { id: session.actor.id } }),
  };
}

export function apiKeyBody({
  id,
  name,
  permissions,
  createdAt,
  expiresAt,
  lastUsedAt,
}: ApiKey): ApiKeyBody {
  return {
    id,
    name,
    ...(permissions && { permissions }),
    createdAt: createdAt.toISOString(),
    ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    ...(lastUsedAt && { lastUsedAt: lastUsedAt.toISOString() }),
  };
}

function instant(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

export function factorBody(factor: Factor): FactorBody {
  const { id, kind, name, createdAt, lastUsedAt } = factor;
  return {
    id,
    kind,
    ...(name !== undefined && { name }),
    createdAt: createdAt.toISOString(),
    ...(lastUsedAt && { lastUsedAt: lastUsedAt.toISOString() }),
    ...(factor.kind === 'passkey' && { backedUp: factor.backedUp }),
  };
}

/** `issuers`: the configured issuers by provider name. */
export function identityBody(
  { issuer, email, linkedAt }: Identity,
  issuers: ReadonlyMap<string, string>,
): IdentityBody {
  const [provider] = [...issuers].find(([, each]) => each === issuer) ?? [];
  return {
    ...(provider !== undefined && { provider }),
    issuer,
    ...(email !== undefined && { email }),
    linkedAt: linkedAt.toISOString(),
  };
}
