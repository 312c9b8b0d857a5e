import type { Approval } from './fake-issuer.js';

/** The id_token has no email, so userinfo is requested. */
const NO_EMAIL = { email: undefined, emailVerified: undefined };
const TOLD = { email: 'told@provider.example', email_verified: true };

/** Answers of a provider, or of an attacker between it and the browser, that must not sign anybody in. */
export const FORGED_ANSWERS: readonly (readonly [name: string, answer: Approval])[] = [
  ['iss of another issuer', { claims: { iss: 'https://evil.example' } }],
  ['aud of another client', { claims: { aud: 'another client' } }],
  ['aud of several, issued for another', { claims: { aud: ['tokenward', 'other'], azp: 'other' } }],
  ['the nonce of another request', { claims: { nonce: 'another' } }],
  ['no nonce', { claims: { nonce: undefined } }],
  ['no sub', { claims: { sub: undefined } }],
  ['a sub that is longer than OpenID Connect allows', { claims: { sub: 'x'.repeat(256) } }],
  ['a sub that holds a NUL', { claims: { sub: 'a\u0000b' } }],
  ['a sid that is longer than the column holds', { claims: { sid: 'x'.repeat(256) } }],
  ['an exp in the past', { claims: { exp: Math.floor(Date.now() / 1000) - 120 } }],
  ['an id_token that a stranger signed', { signedBy: 'stranger' }],
  ['an unsigned id_token', { header: { alg: 'none' } }],
  ['iss of another issuer in the answer (RFC 9207)', { answer: { iss: 'https://evil.example' } }],
  ['no iss in the answer, where the issuer promises one', { answer: { iss: undefined } }],
  ['a code that the issuer does not know', { answer: { code: 'made up' } }],
  ['no code', { answer: { code: undefined } }],
  ['an error of the issuer', { answer: { code: undefined, error: 'access_denied' } }],
  ['no email', { email: undefined }],
  ['an invalid email', { email: 'a@b@c' }],
  ['an email with a line break', { email: 'a@provider.example\n' }],
  ['userinfo of another sub', { ...NO_EMAIL, userinfo: { sub: 'another', ...TOLD } }],
  ['userinfo without a sub', { ...NO_EMAIL, userinfo: TOLD }],
];
