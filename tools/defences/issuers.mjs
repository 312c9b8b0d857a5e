import { defence } from './defence.mjs';

const issuers = (...rest) => defence('issuers', ...rest);
const tenants = (...rest) => defence('tenants', ...rest);
const POLICY = 'verify/issuers/foreign-policy.ts';
const PRESETS = 'verify/issuers/presets.ts';
const ASKED = 'verify/tenants/ask-whose.ts';

/** Contract, section 11: tokens of other issuers, and an issuer for each tenant. */
export const ISSUERS = [
  issuers(
    'a token is for us',
    POLICY,
    "if (!namesAudience(own(payload, rules.audienceClaim), rules.audiences)) return refused('audience_mismatch');",
    '',
    'T-fi01 T-fi04',
  ),
  issuers(
    'a nonce is an ID token’s',
    POLICY,
    "if (Object.hasOwn(payload, 'nonce') && !says) return refused('type_refused');",
    '',
    'T-fi01 T-fi04',
  ),
  issuers(
    'what no access token has',
    POLICY,
    "if (NEVER_HERE.some((name) => Object.hasOwn(payload, name))) return refused('type_refused');",
    '',
    'T-fi01',
  ),
  issuers(
    'a token that says to be of another kind',
    POLICY,
    "if (typ !== undefined && typ !== 'Bearer') return refused('type_refused');",
    '',
    'T-fi04',
  ),
  issuers(
    'a token bound to a key',
    POLICY,
    "return Object.hasOwn(payload, 'cnf') ? refused('key_proof_missing') : undefined;",
    'return undefined;',
    'T-fi01',
  ),
  issuers(
    'no life of more than a day',
    POLICY,
    "if (exp <= iat || exp - iat > rules.maxLifetimeSeconds) return refused('lifetime_refused');",
    '',
    'T-fi01',
  ),
  issuers(
    'the algorithm is the key’s',
    'verify/issuers/trusted-issuer.ts',
    "if (header.alg !== key.algorithm) return refused('algorithm_mismatch');",
    '',
    'T-fi02',
  ),
  issuers(
    'Entra: an access token names its client',
    PRESETS,
    "if (typeof (claims['azp'] ?? claims['appid']) !== 'string') return undefined;",
    '',
    'T-fi04',
  ),
  issuers(
    'Entra: one directory',
    PRESETS,
    "if (claims['tid'] !== tenant) return undefined;",
    '',
    'T-fi04',
  ),
  issuers(
    'Cognito: an access token',
    PRESETS,
    "claims['token_use'] === 'access'",
    "claims['token_use'] !== 'id'",
    'T-fi04',
  ),
  issuers(
    'only the issuers that the route names',
    'verify/issuers/trusted-issuers.service.ts',
    'return issuer && trusts(trust, named) ? issuer.verify(token, jws) : undefined;',
    'return issuer && trusts([...trust, named], named) ? issuer.verify(token, jws) : undefined;',
    'T-fi03',
  ),
  issuers(
    'never by a cookie',
    'verify/authenticate.ts',
    "const named = presented.source === 'bearer' ? options?.issuers : undefined;",
    'const named = options?.issuers;',
    'T-fi05',
  ),
  issuers(
    'the one that a function chooses, not any that it could',
    ASKED,
    "answered('@TrustIssuers', () => trusted(request, issuer)) === issuer;",
    "answered('@TrustIssuers', () => trusted(request, issuer)) !== undefined;",
    'T-tn03',
  ),
  tenants(
    'a token is good at its own tenant alone',
    ASKED,
    'return tenantAt(tenants.of, request, iss) === tenant;',
    'return tenantAt(tenants.of, request, iss) !== null;',
    'T-tn01 T-tn04',
  ),
  tenants(
    'a tenant without an issuer has no keys either',
    ASKED,
    'if (!request || iss === undefined) return false;',
    'if (!request) return false;',
    'T-tn04',
  ),
  tenants(
    'a key is of its owner’s tenant',
    'issue/api-keys/api-key-lookup.service.ts',
    'const tenant = this.options.tenants && account.tenant;',
    'const tenant = this.options.tenants && undefined;',
    'T-tn04',
  ),
  tenants(
    'the database knows who moved',
    'verify/authoritative-check.service.ts',
    "if (tenancy === 'compared' && user.tenant !== principal.tenant) return 'tenant changed';",
    '',
    'T-tn05',
  ),
  tenants(
    'a session of a tenant without an issuer ends',
    'issue/sessions/session-access.service.ts',
    "|| reason === 'tenant_unknown';",
    ';',
    'T-tn06',
  ),
  tenants(
    'no shared cache keeps a document that a header decides',
    'issue/routes/discovery.controller.ts',
    "tenants ? 'private' : 'public'",
    "tenants ? 'public' : 'public'",
    'T-tn07',
  ),
];
