import { Controller, Get, NotFoundException, type Type, UseGuards } from '@nestjs/common';
import { CurrentUser, JwtAuthGuard, type Principal } from '@tokenward/nestjs';
import type { UserColumns } from '@tokenward/nestjs/drizzle';
import { type ForeignIssuerOf, TrustIssuers } from '@tokenward/nestjs/issuers';
import type { TenantOptions } from '@tokenward/nestjs/options';
import { boolean, pgTable, text, uuid } from 'drizzle-orm/pg-core';

/** The users of `hostDatabase`, each with or without a tenant. */
const people = pgTable('people', {
  ref: uuid('person_ref').primaryKey().defaultRandom(),
  mail: text('mail').notNull().unique(),
  secret: text('pw'),
  kind: text('kind'),
  locked: boolean('locked'),
  org: text('org'),
});
export const TENANT_USERS: UserColumns = {
  table: people,
  id: people.ref,
  email: people.mail,
  passwordHash: people.secret,
  role: people.kind,
  disabled: people.locked,
  tenant: people.org,
};

export const BASE = 'https://host.example';
export const ACME = 'https://acme.host.example';
export const GLOBEX = 'https://globex.host.example';
/** The tenant of each host name; other host names have no tenant. */
export const AT = new Map([
  ['acme.host.example', 'acme'],
  ['globex.host.example', 'globex'],
  ['initech.host.example', 'initech'],
]);

const answers = { promise: Promise.resolve('acme'), number: 7 } as unknown as Record<
  string,
  string
>;
export const tenants: TenantOptions = {
  issuers: { acme: ACME, globex: GLOBEX },
  of({ headers: { host } }, iss) {
    if (host === 'gone.host.example') throw new NotFoundException();
    if (host === 'broken.host.example') throw new Error('the map is not there');
    if (host === 'one.host.example') return iss === GLOBEX ? 'globex' : 'acme';
    return answers[host?.split('.')[0] ?? ''] ?? AT.get(host ?? '');
  },
};

/** Other issuers. */
export const SSO = { acme: 'https://sso.acme.example', globex: 'https://sso.globex.example' };
/** Users of a tenant may use a token of the tenant's issuer. */
const ofTheTenant: ForeignIssuerOf = ({ headers: { host } }) =>
  SSO[AT.get(host ?? '') as keyof typeof SSO] as string | undefined;

export function tenantRoutes(further: Type[] = []): Type[] {
  @Controller('things')
  @UseGuards(JwtAuthGuard)
  class Things {
    @Get()
    who(@CurrentUser() { id, tenant, issuer }: Principal) {
      return { id, tenant: tenant ?? null, issuer: issuer ?? null };
    }
    @Get('shared')
    @TrustIssuers(ofTheTenant)
    shared(@CurrentUser() { id, tenant, issuer }: Principal) {
      return { id, tenant: tenant ?? null, issuer: issuer ?? null };
    }
  }
  return [Things, ...further];
}
