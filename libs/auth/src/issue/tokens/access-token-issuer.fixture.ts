import {
  type AccessTokenSettings,
  makeBench,
  makeKeys,
  NOW,
} from '../../verify/tokens/forge.fixture.js';

export const keys = makeKeys('HS256');
export const input = {
  subject: 'user-1',
  sessionId: 'session-1',
  tokenVersion: 3,
  permissions: [],
  asOfMs: NOW * 1000 + 999,
};
export const decode = (token: string, part: number) =>
  JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
export const withClaims = (claims: unknown, settings: AccessTokenSettings = {}) =>
  makeBench(keys, { claims: () => claims as Record<string, unknown>, ...settings }).issuer.issue(
    input,
  );
