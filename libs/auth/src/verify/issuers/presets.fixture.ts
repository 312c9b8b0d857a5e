import { ForeignIssuer, TIMES } from './foreign-issuer.fixture.js';
import { auth0, cognito, entra, keycloak, okta } from './presets.js';

const TENANT = '6f2d6a3e-6d0f-4c5e-9c1c-0d6f5d1f8a11';
export const source = new ForeignIssuer('RS256');
export const jwks = { fetch: source.fetch };

export const KEYCLOAK = keycloak({
  url: 'https://sso.example.com/',
  realm: 'shop',
  audience: 'notes',
  roles: ['admin', 'user'],
  jwks,
});
export const AUTH0 = auth0({
  domain: 'shop.eu.auth0.com',
  audience: 'https://notes.example.com',
  roles: ['admin'],
  rolesClaim: 'https://shop.example.com/roles',
  jwks,
});
export const ENTRA = entra({ tenant: TENANT, audience: '0a1b', roles: ['Notes.Admin'], jwks });
export const ENTRA_1 = entra({ tenant: TENANT, audience: 'api://0a1b', version: 1, jwks });
export const COGNITO = cognito({
  region: 'eu-central-1',
  userPool: 'eu-central-1_AbC',
  clients: ['4qr'],
  roles: ['admins'],
  jwks,
});

export const OKTA = okta({
  domain: 'shop.okta.com',
  audience: 'api://default',
  roles: ['Admins'],
  jwks,
});

/** Access tokens as each provider issues them today, shortened to the relevant claims. */
export const KEYCLOAK_TOKEN = {
  ...TIMES,
  jti: 'onrtac:1',
  iss: 'https://sso.example.com/realms/shop',
  aud: ['notes', 'account'],
  sub: 'k-1',
  typ: 'Bearer',
  azp: 'web',
  sid: 's-1',
  acr: '1',
  scope: 'openid email',
  email: 'ada@example.com',
  realm_access: { roles: ['default-roles-shop', 'offline_access', 'user'] },
  resource_access: { notes: { roles: ['notes:read'] }, account: { roles: ['manage-account'] } },
};
export const AUTH0_TOKEN = {
  ...TIMES,
  iss: 'https://shop.eu.auth0.com/',
  sub: 'auth0|1',
  azp: 'client',
  scope: 'openid notes:read',
  aud: ['https://notes.example.com', 'https://shop.eu.auth0.com/userinfo'],
};
export const ENTRA_TOKEN = {
  ...TIMES,
  nbf: TIMES.iat,
  aud: '0a1b',
  iss: `https://login.microsoftonline.com/${TENANT}/v2.0`,
  sub: 'e-1',
  azp: 'client',
  azpacr: '0',
  oid: 'o-1',
  tid: TENANT,
  ver: '2.0',
  uti: 'u',
  scp: 'Notes.Read Notes.Write',
};
export const ENTRA_1_TOKEN = {
  ...TIMES,
  nbf: TIMES.iat,
  aud: 'api://0a1b',
  iss: `https://sts.windows.net/${TENANT}/`,
  sub: 'e-1',
  ver: '1.0',
  appid: 'client',
  appidacr: '1',
  oid: 'o-1',
  tid: TENANT,
  roles: ['Notes.Read.All'],
};
export const COGNITO_TOKEN = {
  ...TIMES,
  sub: 'c-1',
  iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC',
  version: 2,
  client_id: '4qr',
  token_use: 'access',
  scope: 'notes/read',
  username: 'ada',
  jti: 'j',
  auth_time: TIMES.iat,
  'cognito:groups': ['readers', 'admins'],
};

export const OKTA_TOKEN = {
  ...TIMES,
  ver: 1,
  jti: 'AT.1',
  iss: 'https://shop.okta.com/oauth2/default',
  aud: 'api://default',
  cid: '0oa1',
  uid: '00u1',
  scp: ['openid', 'notes:read'],
  auth_time: TIMES.iat,
  sub: 'ada@example.com',
};
