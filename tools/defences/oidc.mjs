import { defence } from './defence.mjs';

const oidc = (...rest) => defence('oidc', ...rest);
const ANSWERS = 'issue/oidc/provider-answers.service.ts';
const LOGOUT = 'oidc/logout-token.ts';

/** Contract, section 9: sign-in at a provider. */
export const OIDC = [
  oidc(
    'without auth_time a sign-in is not a fresh proof',
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
    'the device id is kept through the sign-in',
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
    'a HEAD request or a prefetch starts no sign-in',
    'issue/routes/visit.guard.ts',
    "if (request.method === 'GET' && !isAhead) return true;",
    'if (!isAhead || isAhead) return true;',
    'T-rfx4',
  ),
  oidc(
    'the cookie of a sign-in has our MAC',
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
    'a provider that is down is not asked again at once',
    'oidc/provider-client.ts',
    'setTimeout(() => (this.known = undefined), COOL_DOWN_MS).unref();',
    'this.known = undefined;',
    'T-rfx7',
  ),
  oidc(
    'an account with a verified email is not finished for somebody the provider did not verify',
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
    'a sign-in in progress does not survive the logout at the provider',
    'issue/sessions/opened-sessions.service.ts',
    "if (!provider || !(await this.logouts.hasEnded(provider))) return 'live';",
    "if (!provider || this.logouts) return 'live';",
    'T-rgx3',
  ),
  oidc(
    'an email of GitHub counts only if it is verified',
    'oidc/github.ts',
    'primary && verified)?.email',
    'primary)?.email',
    'T-rgx9',
  ),
  oidc(
    'a recent proof is refused where plain OAuth cannot show its age',
    'oidc/oauth-client.ts',
    "if (maxAgeSeconds !== undefined) return { kind: 'refused', detail: 'auth_time is not told' };",
    '',
    'T-rgx5',
  ),
  oidc(
    'userinfo must be about the person of the id_token',
    'oidc/provider-client.ts',
    'fetchUserInfo(configuration, accessToken, claims.sub)',
    'fetchUserInfo(configuration, accessToken, client.skipSubjectCheck)',
    'T-v6bx',
  ),
  oidc(
    'an email counts as verified only if the provider says so',
    'oidc/provider-client.ts',
    'emailVerified: trustEmail || verified === true',
    'emailVerified: true || verified === true',
    'T-8z8z',
  ),
  oidc(
    'an account is joined only if its owner verified the email here',
    'issue/oidc/identity-accounts.service.ts',
    '!person.emailVerified || !there.account.emailVerified)',
    '!person.emailVerified)',
    'T-8z8z',
  ),
];
