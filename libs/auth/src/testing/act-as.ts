import type { INestApplicationContext } from '@nestjs/common';
import { type AuthModuleOptions, authOptionsToken } from '../auth.module-definition.js';
import { Clock } from '../common/clock.js';
import { date, group, list, text, whole } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import { Entropy } from '../common/entropy.js';
import { authToken } from '../common/instance-token.js';
import { AuthService } from '../issue/auth.service.js';
import { ResolvedAuthOptions } from '../options/resolved-options.js';
import { AccessTokenIssuer } from '../issue/tokens/access-token-issuer.service.js';
import { MemoryUserDirectory } from './memory-user-directory.store.js';

export interface ActingUser {
  /** `sub` */
  readonly id: string;
  readonly role?: string;
  readonly permissions?: readonly string[];
  /** The tenant of the user, if `tenants` is set. Default: none, or the one in the memory store. */
  readonly tenant?: string;
  /** When a credential was proved. Default: now, by the application's clock. */
  readonly authTime?: Date;
  /** The token version in the signed token, if the users are in a real store. Default 1. */
  readonly tokenVersion?: number;
}

export const actingUserSchema = group({
  id: text(),
  role: text().optional(),
  permissions: list(text()).optional(),
  tenant: text().optional(),
  authTime: date().optional(),
  tokenVersion: whole(1, 2_147_483_647).optional(),
});

export interface Acting {
  readonly accessToken: string;
  /** For `request.get('/notes').set(headers)`. */
  readonly headers: { readonly authorization: string };
  /** The access token as a `Cookie` header. */
  readonly cookie: string;
  /** Present if a session was opened, with memory stores. */
  readonly refreshToken?: string;
}

/**
 * Signs a user in without a password, with the application's own key. With memory stores the user exists and has a
 * session, so `TokenVersionGuard`, refresh and logout work too. With any other store nothing is written, and the
 * token passes every guard but `TokenVersionGuard`.
 */
export async function actAs(
  app: INestApplicationContext,
  acting: ActingUser,
  /** Which `AuthModule`, when the application has several. */
  instance?: string,
): Promise<Acting> {
  const user = readOptions(actingUserSchema, acting, { of: 'actAs', prefix: 'actAs' });
  const get = <T>(token: { readonly name: string }): T =>
    app.get<T>(authToken(token, instance), { strict: false });
  const { cookies } = get<ResolvedAuthOptions>(ResolvedAuthOptions);
  const { storage } = app.get<AuthModuleOptions>(authOptionsToken(instance), { strict: false });
  const tokens =
    storage.users instanceof MemoryUserDirectory
      ? await openSession(get<AuthService>(AuthService), storage.users, user)
      : await signToken(get, user);
  return {
    ...tokens,
    headers: { authorization: `Bearer ${tokens.accessToken}` },
    cookie: `${cookies.accessName}=${tokens.accessToken}`,
  };
}

async function openSession(auth: AuthService, users: MemoryUserDirectory, user: ActingUser) {
  const { id, role, permissions, tenant, authTime } = user;
  const known = await users.findById(id);
  users.set({
    ...known?.account,
    passwordHash: known?.passwordHash,
    disabled: 'enabled',
    id,
    role,
    permissions,
    ...(tenant !== undefined && { tenant }),
  });
  const { grant } = await auth.openSession(id, { authTime, secondFactor: 'satisfied' });
  return { accessToken: grant.accessToken, refreshToken: grant.refreshToken };
}

async function signToken(get: <T>(token: { readonly name: string }) => T, user: ActingUser) {
  const nowMs = get<Clock>(Clock).now();
  const { token } = await get<AccessTokenIssuer>(AccessTokenIssuer).issue({
    subject: user.id,
    sessionId: get<Entropy>(Entropy).uuid(),
    tokenVersion: user.tokenVersion ?? 1,
    role: user.role,
    permissions: user.permissions ?? [],
    tenant: user.tenant,
    authTime: Math.floor((user.authTime?.getTime() ?? nowMs) / 1000),
    asOfMs: nowMs,
  });
  return { accessToken: token };
}
