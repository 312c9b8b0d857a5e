import { defence } from './defence.mjs';

const oidc = (...rest) => defence('oidc', ...rest);
const ANSWERS = 'issue/oidc/provider-answers.service.ts';
const LOGOUT = 'oidc/logout-token.ts';

/** Contract, section 9: sign-in at a provider. */
export const OIDC = [
  oidc(
    'no fresh proof where the provider tells no auth_time',
    ANSWERS,
    'if (authTimeSeconds === undefined) return new Date(0);',
    'if (authTimeSeconds === undefined) return new Date(nowMs);',
    'T-rfx2',
  ),
  oidc(
    'the proof is as old as auth_time',
    ANSWERS,
    'return new Date(Math.min(provedMs, nowMs));',
    'return new Date(nowMs);',
    'T-rfx2',
  ),
  oidc(
    'the device id goes along',
    'issue/flows/oidc-begin.flow.ts',
    'device: known, maxAgeSeconds',
    'maxAgeSeconds',
    'T-rfx3',
  ),
  oidc(
    'refusals count against the address',
    'issue/flows/oidc-return.flow.ts',
    "if (outcome.result !== 'refused') await admission.giveBack();",
    'await admission.giveBack();',
    'T-rfx6',
  ),
  oidc(
    'a visit alone counts',
    'issue/routes/visit.guard.ts',
    "if (request.method === 'GET' && !isAhead) return true;",
    'if (!isAhead || isAhead) return true;',
    'T-rfx4',
  ),
  oidc(
    'the kept request is ours',
    'issue/oidc/request-text.ts',
    'if (!peppers.some((pepper) => timingSafeEqual(presented, macOf(pepper, body)))) return undefined;',
    '',
    'T-rfx5',
  ),
  oidc(
    'a state works once',
    'issue/oidc/oidc-requests.service.ts',
    'return this.tokens.isFirstUse(SPENT, request.state, 2 * TTL_MS);',
    'return Promise.resolve(true || request);',
    'T-rgx8 T-gkpb',
  ),
  oidc(
    'a provider that is down is left alone',
    'oidc/provider-client.ts',
    'setTimeout(() => (this.known = undefined), COOL_DOWN_MS).unref();',
    'this.known = undefined;',
    'T-rfx7',
  ),
  oidc(
    'an account whose mailbox was proved here is its owner’s',
    'issue/oidc/identity-accounts.service.ts',
    'if (there.account.emailVerified && !person.emailVerified) return false;',
    '',
    'T-rgx7',
  ),
  oidc(
    'an id_token is not a logout token',
    LOGOUT,
    ".refine((claims) => !('nonce' in claims))",
    '',
    'T-rfx9',
  ),
  oidc(
    'another kind of JWT is not a logout token',
    LOGOUT,
    "if (protectedHeader.typ !== undefined && !TYPES.test(protectedHeader.typ)) return refused('typ');",
    '',
    'T-rfx9',
  ),
  oidc(
    'a logout token works once',
    'issue/flows/provider-logout.flow.ts',
    "if (await this.logouts.wasUsed(logout)) return { detail: 'used before' };",
    '',
    'T-rgx2',
  ),
  oidc(
    'a sign-in under way does not outlive the logout there',
    'issue/sessions/opened-sessions.service.ts',
    "if (!provider || !(await this.logouts.hasEnded(provider))) return 'live';",
    "if (!provider || this.logouts) return 'live';",
    'T-rgx3',
  ),
  oidc(
    'an email of GitHub counts when it is verified',
    'oidc/github.ts',
    'primary && verified)?.email',
    'primary)?.email',
    'T-rgx9',
  ),
  oidc(
    'plain OAuth shows no age of the proof',
    'oidc/oauth-client.ts',
    "if (maxAgeSeconds !== undefined) return { kind: 'refused', detail: 'auth_time is not told' };",
    '',
    'T-rgx5',
  ),
  oidc(
    'userinfo is of the person of the id_token',
    'oidc/provider-client.ts',
    'fetchUserInfo(configuration, accessToken, claims.sub)',
    'fetchUserInfo(configuration, accessToken, client.skipSubjectCheck)',
    'T-v6bx',
  ),
  oidc(
    'an email counts as verified when the provider says so',
    'oidc/provider-client.ts',
    'emailVerified: trustEmail || verified === true',
    'emailVerified: true || verified === true',
    'T-8z8z',
  ),
  oidc(
    'an account is joined where its owner proved the mailbox here',
    'issue/oidc/identity-accounts.service.ts',
    '!person.emailVerified || !there.account.emailVerified)',
    '!person.emailVerified)',
    'T-8z8z',
  ),
  oidc(
    'an identity opens its own tenant',
    'issue/oidc/identity-accounts.service.ts',
    "throw refused('the user is of another tenant');",
    'void 0;',
    'T-r44f',
  ),
];
