// Spec support: the claims of a good token.
export const NOW = 1_800_000_000;
export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'api';

export function goodClaims(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'user-1',
    sid: 'session-1',
    jti: '7f1f0f0e-0000-4000-8000-000000000001',
    iat: NOW,
    nbf: NOW,
    exp: NOW + 900,
    tokenVersion: 1,
    ...changes,
  };
}
