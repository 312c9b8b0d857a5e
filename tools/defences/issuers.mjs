import { defence } from './defence.mjs';

const issuers = (...rest) => defence('issuers', ...rest);
const tenants = (...rest) => defence('tenants', ...rest);
const POLICY = 'verify/issuers/foreign-policy.ts';
const PRESETS = 'verify/issuers/presets.ts';
const ASKED = 'verify/tenants/ask-whose.ts';

/** Contract, section 11: tokens of other issuers, and an issuer for each tenant. */
export const ISSUERS = [
  issuers(
    'a token that does not name our audience is refused',
    POLICY,
    "if (!namesAudience(own(payload, rules.audienceClaim), rules.audiences)) return refused('audience_mismatch');",
    '',
    'T-fi01 T-fi04',
  ),
  issuers(
    'a token with a nonce is refused as an ID token',
    POLICY,
    "if (Object.hasOwn(payload, 'nonce') && !says) return refused('type_refused');",
    '',
    'T-fi01 T-fi04',
  ),
  issuers(
    'a token with claims that no access token has is refused',
    POLICY,
    "if (NEVER_HERE.some((name) => Object.hasOwn(payload, name))) return refused('type_refused');",
    '',
    'T-fi01',
  ),
  issuers(
    'a token whose typ names another kind is refused',
    POLICY,
    "if (typ !== undefined && typ !== 'Bearer') return refused('type_refused');",
    '',
    'T-fi04',
  ),
  issuers(
    'a token bound to a key is refused without its proof',
    POLICY,
    "return Object.hasOwn(payload, 'cnf') ? refused('key_proof_missing') : undefined;",
    'return undefined;',
    'T-fi01',
  ),
  issuers(
    'a token that lives longer than a day is refused',
    POLICY,
    "if (exp <= iat || exp - iat > rules.maxLifetimeSeconds) return refused('lifetime_refused');",
    '',
    'T-fi01',
  ),
  issuers(
    'the algorithm is the one of the key',
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
    'Entra: a token of another directory is refused',
    PRESETS,
    "if (claims['tid'] !== tenant) return undefined;",
    '',
    'T-fi04',
  ),
  issuers(
    'Cognito: only an access token is accepted',
    PRESETS,
    "claims['token_use'] === 'access'",
    "claims['token_use'] !== 'id'",
    'T-fi04',
  ),
  issuers(
    'an issuer that the route does not name is refused',
    'verify/issuers/trusted-issuers.service.ts',
    'return issuer && trusts(trust, named) ? issuer.verify(token, jws) : undefined;',
    'return issuer && trusts([...trust, named], named) ? issuer.verify(token, jws) : undefined;',
    'T-fi03',
  ),
  issuers(
    'a token of another issuer is never read from a cookie',
    'verify/authenticate.ts',
    "const named = presented.source === 'bearer' ? options?.issuers : undefined;",
    'const named = options?.issuers;',
    'T-fi05',
  ),
  issuers(
    'only the issuer that the function chooses for the request is accepted',
    ASKED,
    "answered('@TrustIssuers', () => trusted(request, issuer)) === issuer;",
    "answered('@TrustIssuers', () => trusted(request, issuer)) !== undefined;",
    'T-tn03',
  ),
  tenants(
    'a token is accepted at its own tenant alone',
    ASKED,
    'return tenantAt(tenants.of, request, iss) === tenant;',
    'return tenantAt(tenants.of, request, iss) !== null;',
    'T-tn01 T-tn04',
  ),
  tenants(
    'API keys are refused at a tenant without an issuer',
    ASKED,
    'if (!request || iss === undefined) return false;',
    'if (!request) return false;',
    'T-tn04',
  ),
  tenants(
    'an API key is accepted at its owner’s tenant alone',
    'issue/api-keys/api-key-lookup.service.ts',
    'const tenant = this.options.tenants && account.tenant;',
    'const tenant = this.options.tenants && undefined;',
    'T-tn04',
  ),
  tenants(
    'TokenVersionGuard refuses a user who moved to another tenant',
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
    'a document that depends on a header is not kept by shared caches',
    'issue/routes/discovery.controller.ts',
    "tenants ? 'private' : 'public'",
    "tenants ? 'public' : 'public'",
    'T-tn07',
  ),
];
