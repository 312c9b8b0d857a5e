import { describe, expect, it } from '@jest/globals';
import { AnyOf, Permissions, RecentAuth, Roles, StrictRevocation } from './decorators.js';

describe('decorators that make no sense', () => {
  it.each<[string, () => unknown]>([
    ['@Roles()', () => (Roles as (...none: string[]) => unknown)()],
    ["@Roles('')", () => Roles('')],
    ['@Permissions()', () => (Permissions as (...none: string[]) => unknown)()],
    ["@RecentAuth('soon')", () => RecentAuth('soon')],
    ['@RecentAuth(0)', () => RecentAuth(0)],
    ['@RecentAuth(-1)', () => RecentAuth(-1)],
    ['@AnyOf of one', () => (AnyOf as (...one: unknown[]) => unknown)(Roles('admin'))],
    [
      '@AnyOf of what demands nothing',
      () => (AnyOf as (...two: unknown[]) => unknown)(Roles('admin'), StrictRevocation()),
    ],
    ['@AnyOf of names', () => (AnyOf as (...two: unknown[]) => unknown)('admin', 'owner')],
    ['@RecentAuth without a method', () => RecentAuth('5m', { amr: [] as never })],
  ])('%s stops the boot', (_, decorate) => {
    expect(decorate).toThrow(expect.objectContaining({ reason: 'configuration_invalid' }));
  });
});
