import { Controller, Get, type Type, UseGuards } from '@nestjs/common';
import {
  CurrentUser,
  JwtAuthGuard,
  OptionalAuth,
  Permissions,
  type Principal,
  RecentAuth,
  Roles,
} from '@tokenward/nestjs';
import { TrustIssuers } from '@tokenward/nestjs/issuers';

/** A constant, because a decorator needs the name when the class is defined. */
export const NAMED = 'https://sso.example.com';
export const OTHER = 'https://other.example.com';

/** The same routes at the issuer and at a service that only verifies. */
export function trustingRoutes(...further: Type[]): Type[] {
  @Controller('ours')
  @UseGuards(JwtAuthGuard)
  class Ours {
    @Get()
    who(@CurrentUser() { id, issuer }: Principal) {
      return { id, issuer: issuer ?? null };
    }
  }

  @Controller('shared')
  @UseGuards(JwtAuthGuard)
  @TrustIssuers(NAMED, OTHER)
  class Shared {
    @Get()
    who(@CurrentUser() { id, issuer, permissions }: Principal) {
      return { id, issuer: issuer ?? null, permissions };
    }
    @Get('admin')
    @Roles('admin')
    admin() {
      return 'admin';
    }
    @Get('write')
    @Permissions('notes:write')
    write() {
      return 'written';
    }
    @Get('recent')
    @RecentAuth('5m')
    recent() {
      return 'recent';
    }
    @Get('optional')
    @OptionalAuth()
    optional(@CurrentUser('id') id?: string) {
      return { id: id ?? null };
    }
    @Get('one')
    @TrustIssuers(OTHER)
    one() {
      return 'one';
    }
  }
  return [Ours, Shared, ...further];
}

/** The same rows on any transport: `in` if the route names the issuer of the caller's token. */
export function trustingRows(entry: (name: string) => MethodDecorator): Type[] {
  class Ours {
    @entry('ours')
    ours(@CurrentUser('issuer') issuer?: string) {
      return issuer === undefined ? 'in' : 'not whose it is';
    }
  }

  @TrustIssuers(NAMED)
  class Named {
    @entry('named')
    named(@CurrentUser('issuer') issuer?: string) {
      return issuer === OTHER ? 'not whose it is' : 'in';
    }
    @TrustIssuers(OTHER)
    @entry('other')
    other(@CurrentUser('issuer') issuer?: string) {
      return issuer === NAMED ? 'not whose it is' : 'in';
    }
    @TrustIssuers((_request, issuer) => (issuer === NAMED ? NAMED : undefined))
    @entry('chosen')
    chosen(@CurrentUser('issuer') issuer?: string) {
      return issuer === OTHER ? 'not whose it is' : 'in';
    }
  }
  return [Ours, Named];
}

/**
 * Their answers to our own token, to tokens of the two issuers, and to a token of the second in the name of the first.
 */
export const TRUSTED: readonly (readonly [name: string, expected: readonly number[]])[] = [
  ['ours', [200, 401, 401, 401]],
  ['named', [200, 200, 401, 401]],
  ['other', [200, 401, 200, 401]],
  ['chosen', [200, 200, 401, 401]],
];
