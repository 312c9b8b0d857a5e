import { defence } from './defence.mjs';

const acting = (...rest) => defence('acting', ...rest);
const built = { built: true };

/** Contract, section 11. */
export const ACTING = [
  acting(
    'the routes of the owner alone',
    'issue/routes/route.ts',
    "who === 'owner' ?",
    'who === undefined ?',
    'T-4t7k',
    built,
  ),
  acting(
    'no proof is the user’s own',
    'verify/guards/route-metadata.ts',
    "if (actor) throw new AuthError('forbidden', 'a session that acts as the user has no proof of the user');",
    '',
    'T-dfxn',
  ),
  acting(
    '@NoActor',
    'verify/guards/route-metadata.ts',
    "if (actor) throw new AuthError('forbidden', 'somebody who acts as a user is not accepted here');",
    '',
    'T-dfxn',
  ),
  acting(
    'records of the user and of the actor are not folded into one',
    'storage/audit-record.ts',
    'userId, actorId, tenant, networkOf(ip)',
    'userId, tenant, networkOf(ip)',
    'T-7wdm',
    built,
  ),
  acting(
    'a bump of the actor’s version ends it',
    'drizzle/session-endings.ts',
    '(s.actor = ${subject} ${actedAs})',
    'false',
    'T-5j3v',
    built,
  ),
  acting(
    'no access token outlives the session',
    'issue/tokens/token-grants.service.ts',
    'return actor ? absoluteExpiresAt',
    'return actor === undefined ? absoluteExpiresAt',
    'T-4gwv',
  ),
  acting(
    'the right to act is asked for again at a refresh',
    'issue/sessions/session-access.service.ts',
    "if (problem) throw await this.ended(session, 'actor_ended', problem);",
    '',
    'T-r4gt',
  ),
  acting(
    '… and by TokenVersionGuard',
    'verify/authoritative-check.service.ts',
    'return actingRefusal(this.options.sessions.mayActAs, found, user);',
    'return undefined;',
    'T-r4gt',
  ),
  defence(
    'session claims',
    'what today’s rules refuse ends the session',
    'issue/sessions/session-access.service.ts',
    "reason === 'session_claims_refused' ||",
    '',
    'T-kc7d T-nx8w',
  ),
  defence(
    'session claims',
    'a mistake of the hook ends nobody’s session',
    'issue/tokens/added-claims.ts',
    '!ofHook.has(name)',
    'true',
    'T-kc7d',
  ),
  defence(
    'session claims',
    'a late answer of the host is 503',
    'issue/sessions/session-hooks.service.ts',
    "await askHost('sessions.claims', this.options.storeDeadlineMs, () => hook(opening))",
    'await hook(opening)',
    'T-hk5d',
  ),
  defence(
    'session claims',
    'the host is asked before a secret is replaced',
    'issue/flows/reauthenticate.flow.ts',
    'await this.access.rehearse(principal.sessionId, account, asOfMs);',
    '',
    'T-pf6w',
  ),
];
