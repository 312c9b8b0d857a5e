import { defence } from './defence.mjs';

/** What the fifth attack found: odd answers of a host, and what was bound to too little. */
export const BOUND = [
  defence(
    'tenants',
    'whoever is found by something else than a name is of the tenant that the request names',
    'issue/users/identifiers.service.ts',
    'return this.canMean(tenant) && (tenant === undefined || own === tenant);',
    'return tenant === undefined || own === tenant;',
    'T-q5tn',
  ),
  defence(
    'the host’s functions',
    'secondFactor opens a session only by its word',
    'issue/flows/complete-sign-in.service.ts',
    "if (answer === 'needed' || answer === 'not_needed') return answer;",
    "if (answer !== 'never') return answer as 'needed';",
    'T-5kfr',
  ),
  defence(
    'the host’s functions',
    'a flag of a user that is neither true nor false is an outage',
    'issue/users/guarded-user-directory.ts',
    "if (value === undefined || typeof value === 'boolean') return value;",
    'if (value !== 0) return value as boolean;',
    'T-8mzc',
  ),
  defence(
    'the host’s functions',
    'what a driver says of rows is no yes',
    'issue/users/guarded-user-directory.ts',
    "if (typeof answer === 'boolean') return answer;",
    'if (answer !== undefined) return answer as boolean;',
    'T-n4hv',
  ),
  defence(
    'passkeys',
    'the challenge of a second step is for its own ticket',
    'issue/factors/sign-in-challenge.ts',
    ".update(head).update(ticket, 'utf8');",
    '.update(head);',
    'T-qjnx',
  ),
  defence(
    'sockets',
    'a token with other rights closes the socket',
    'verify/ws/live-sockets.service.ts',
    'if (state.principal && changedRights(state.principal, principal) !== undefined)',
    'if (state.principal && state.principal.id === undefined)',
    'T-v3qs',
  ),
  defence(
    'API keys',
    'an hour is one by the monotonic clock',
    'issue/api-keys/api-key-lookup.service.ts',
    'if (!known || known.untilMs <= this.clock.monotonic()) return undefined;',
    'if (!known) return undefined;',
    'T-r7tk',
  ),
  defence(
    'oidc',
    'no sibling subdomain plants the cookie of a request',
    'issue/routes/oidc-cookie.service.ts',
    "prefix === '__Host-' || (isHttps && secure && domain === undefined) ? 'host only' : 'scoped';",
    "prefix === '__Host-' ? 'host only' : 'scoped';",
    'T-w7pd',
  ),
];
