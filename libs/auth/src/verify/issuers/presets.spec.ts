import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { TrustedIssuerOptions } from '../../options/issuer-options.js';
import { b64, NOW } from '../tokens/forge.fixture.js';
import { trusting } from './foreign-issuer.fixture.js';
import { entra } from './presets.js';
import type { TrustedIssuers } from './trusted-issuers.service.js';
import {
  AUTH0,
  AUTH0_TOKEN,
  COGNITO,
  COGNITO_TOKEN,
  ENTRA,
  ENTRA_1,
  ENTRA_1_TOKEN,
  ENTRA_TOKEN,
  KEYCLOAK,
  KEYCLOAK_TOKEN,
  OKTA,
  OKTA_TOKEN,
  source,
} from './presets.fixture.js';

const running: TrustedIssuers[] = [];
afterEach(() => running.splice(0).forEach((each) => each.onApplicationShutdown()));

async function ask(preset: TrustedIssuerOptions, claims: object, header?: Record<string, unknown>) {
  const { issuers, verify } = await trusting(preset);
  running.push(issuers);
  return verify(source.sign({ ...claims }, header));
}

describe('a token of', () => {
  // T-c75g
  it.each<[string, TrustedIssuerOptions, object, object]>([
    [
      'Keycloak',
      KEYCLOAK,
      KEYCLOAK_TOKEN,
      { id: 'k-1', role: 'user', permissions: ['notes:read'] },
    ],
    [
      'Keycloak with the nonce that older releases copied',
      KEYCLOAK,
      { ...KEYCLOAK_TOKEN, nonce: 'n' },
      { id: 'k-1', role: 'user' },
    ],
    [
      'Keycloak without any role',
      KEYCLOAK,
      { ...KEYCLOAK_TOKEN, realm_access: undefined, resource_access: undefined },
      { id: 'k-1', permissions: [] },
    ],
    ['Auth0', AUTH0, AUTH0_TOKEN, { id: 'auth0|1', permissions: ['openid', 'notes:read'] }],
    [
      'Auth0 with RBAC, and roles by an Action',
      AUTH0,
      { ...AUTH0_TOKEN, permissions: ['notes:write'], 'https://shop.example.com/roles': ['admin'] },
      { id: 'auth0|1', role: 'admin', permissions: ['notes:write'] },
    ],
    [
      'an application of Auth0',
      AUTH0,
      { ...AUTH0_TOKEN, sub: 'client@clients', gty: 'client-credentials', scope: 'notes:read' },
      { id: 'client@clients', permissions: ['notes:read'] },
    ],
    ['Entra', ENTRA, ENTRA_TOKEN, { id: 'e-1', permissions: ['Notes.Read', 'Notes.Write'] }],
    [
      'Entra with app roles of the person',
      ENTRA,
      { ...ENTRA_TOKEN, roles: ['Notes.Admin'] },
      { id: 'e-1', role: 'Notes.Admin', permissions: ['Notes.Read', 'Notes.Write'] },
    ],
    [
      'an application of Entra, version 1',
      ENTRA_1,
      ENTRA_1_TOKEN,
      { id: 'e-1', permissions: ['Notes.Read.All'] },
    ],
    ['Cognito', COGNITO, COGNITO_TOKEN, { id: 'c-1', role: 'admins', permissions: ['notes/read'] }],
    ['Okta', OKTA, OKTA_TOKEN, { id: '00u1', permissions: ['openid', 'notes:read'] }],
    [
      'an application of Okta, with groups',
      OKTA,
      { ...OKTA_TOKEN, uid: undefined, sub: '0oa1', groups: ['Everyone', 'Admins'] },
      { id: '0oa1', role: 'Admins' },
    ],
  ])('%s is accepted, and says who it is', async (_, preset, claims, who) => {
    const outcome = await ask(preset, claims);
    expect(outcome).toMatchObject({
      kind: 'accepted',
      principal: { ...who, issuer: preset.issuer },
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['JWT', { typ: 'JWT' }],
    ['jwt', { typ: 'jwt' }],
    ['at+jwt (RFC 9068)', { typ: 'at+jwt' }],
    ['application/at+jwt', { typ: 'application/at+jwt' }],
    ['nothing', {}],
  ])('a typ of %s is accepted', async (_, header) => {
    expect(await ask(AUTH0, AUTH0_TOKEN, header)).toMatchObject({ kind: 'accepted' });
  });

  // T-fi04
  it.each<[string, TrustedIssuerOptions, object, string]>([
    ['Keycloak as an ID token', KEYCLOAK, { ...KEYCLOAK_TOKEN, typ: 'ID' }, 'type_refused'],
    [
      'Keycloak as a refresh token',
      KEYCLOAK,
      { ...KEYCLOAK_TOKEN, typ: 'Refresh' },
      'type_refused',
    ],
    [
      'Keycloak for another client',
      KEYCLOAK,
      { ...KEYCLOAK_TOKEN, aud: 'account' },
      'audience_mismatch',
    ],
    ['Auth0 as an ID token', AUTH0, { ...AUTH0_TOKEN, nonce: 'n' }, 'type_refused'],
    ['Auth0 for the user info alone', AUTH0, { ...AUTH0_TOKEN, aud: 'x' }, 'audience_mismatch'],
    [
      'Entra as an ID token of the same registration',
      ENTRA,
      { ...ENTRA_TOKEN, azp: undefined, azpacr: undefined, scp: undefined },
      'claims_malformed',
    ],
    ['Entra of another directory', ENTRA, { ...ENTRA_TOKEN, tid: 'other' }, 'claims_malformed'],
    ['Cognito as an ID token', COGNITO, { ...COGNITO_TOKEN, token_use: 'id' }, 'type_refused'],
    [
      'Cognito without token_use',
      COGNITO,
      { ...COGNITO_TOKEN, token_use: undefined },
      'claims_malformed',
    ],
    [
      'Okta as an ID token for the same audience',
      OKTA,
      { ...OKTA_TOKEN, cid: undefined },
      'claims_malformed',
    ],
    [
      'Cognito for another client',
      COGNITO,
      { ...COGNITO_TOKEN, client_id: 'x' },
      'audience_mismatch',
    ],
    [
      'Cognito with the client as aud alone',
      COGNITO,
      { ...COGNITO_TOKEN, client_id: undefined, aud: '4qr' },
      'audience_mismatch',
    ],
  ])('%s is refused', async (_, preset, claims, reason) => {
    expect(await ask(preset, claims)).toMatchObject({ kind: 'refused', reason });
  });
});

type Forged = readonly [claims: object, header?: Record<string, unknown>];
/** What must be refused from every issuer, with the reason. */
const FORGERIES: readonly (readonly [string, (good: object) => Forged, string])[] = [
  [
    'for nobody',
    (good) => [{ ...good, aud: undefined, client_id: undefined }],
    'audience_mismatch',
  ],
  [
    'for another service',
    (good) => [{ ...good, aud: 'other', client_id: 'other' }],
    'audience_mismatch',
  ],
  [
    'for many, not this one',
    (good) => [{ ...good, aud: ['a', 'b'], client_id: 'a' }],
    'audience_mismatch',
  ],
  ['with an ID token’s at_hash', (good) => [{ ...good, at_hash: 'x' }], 'type_refused'],
  ['that is a logout token', (good) => [{ ...good, events: {} }], 'type_refused'],
  ['that says dpop+jwt', (good) => [good, { typ: 'dpop+jwt' }], 'type_refused'],
  ['bound to a key of the client', (good) => [{ ...good, cnf: { jkt: 'x' } }], 'key_proof_missing'],
  ['that has expired', (good) => [{ ...good, iat: NOW - 7200, exp: NOW - 60 }], 'expired'],
  ['of the future', (good) => [{ ...good, nbf: NOW + 600 }], 'not_yet_valid'],
  ['without an end', (good) => [{ ...good, exp: undefined }], 'claims_malformed'],
  ['that lives for a week', (good) => [{ ...good, exp: NOW + 604_800 }], 'lifetime_refused'],
  [
    'of another tenant of the issuer',
    (good) => [{ ...good, iss: 'https://else.example/' }],
    'not asked',
  ],
  ['without an algorithm', (good) => [good, { alg: 'none' }], 'algorithm_mismatch'],
  ['by the key, for another algorithm', (good) => [good, { alg: 'PS256' }], 'algorithm_mismatch'],
  ['with a key of its own', (good) => [good, { jwk: {} }], 'header_refused'],
  ['by a key that is not there', (good) => [good, { kid: 'other' }], 'key_unknown'],
];

describe.each<[string, TrustedIssuerOptions, object]>([
  ['Keycloak', KEYCLOAK, KEYCLOAK_TOKEN],
  ['Auth0', AUTH0, AUTH0_TOKEN],
  ['Entra', ENTRA, ENTRA_TOKEN],
  ['Entra, version 1', ENTRA_1, ENTRA_1_TOKEN],
  ['Cognito', COGNITO, COGNITO_TOKEN],
  ['Okta', OKTA, OKTA_TOKEN],
])('a token of %s', (_, preset, good) => {
  // T-fi06
  it('is refused in every form that is not an access token for us', async () => {
    const { issuers, verdict } = await trusting(preset);
    running.push(issuers);
    const seen = [];
    for (const [name, forge] of FORGERIES) {
      const [claims, header] = forge(good);
      seen.push([name, await verdict(source.sign({ ...claims }, header))]);
    }
    expect(seen).toEqual(FORGERIES.map(([name, , reason]) => [name, reason]));
  });

  it('is refused when it is a MAC made with the public key, whether or not the key has alg', async () => {
    for (const published of [
      source.published,
      source.published.map(({ alg: _alg, ...members }) => members),
    ]) {
      const fetch = async () => new Response(JSON.stringify({ keys: published }));
      const { issuers, verdict } = await trusting({ ...preset, jwks: { ...preset.jwks, fetch } });
      running.push(issuers);
      expect(await verdict(source.sign({ ...good }))).toBe('accepted');
      const secret = createPublicKey({ key: published[0] as JsonWebKey, format: 'jwk' });
      const pem = secret.export({ type: 'spki', format: 'pem' });
      for (const key of [pem, JSON.stringify(published[0])]) {
        const input = `${b64(JSON.stringify({ alg: 'HS256', kid: 'one', typ: 'JWT' }))}.${b64(JSON.stringify(good))}`;
        const mac = createHmac('sha256', key).update(input).digest();
        expect(await verdict(`${input}.${b64(mac)}`)).toBe('algorithm_mismatch');
      }
    }
  });
});

describe('entra', () => {
  it.each(['common', 'organizations', 'consumers', 'shop.onmicrosoft.com'])(
    'refuses the tenant %s: it is not one directory by its id',
    (tenant) => {
      expect(() => entra({ tenant, audience: 'a' })).toThrow(/entra: tenant must be the id/);
    },
  );
});
