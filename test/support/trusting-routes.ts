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

/** A decorator wants the name when the class is written. */
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
