import { defence } from './defence.mjs';

const acting = (...rest) => defence('acting', ...rest);
const built = { built: true };

/** Contract, section 11. */
export const ACTING = [
  acting(
    'routes of the owner refuse an actor',
    'issue/routes/route.ts',
    "who === 'owner' ?",
    'who === undefined ?',
    'T-4t7k',
    built,
  ),
  acting(
    'an acting session has no credential proof of the user',
    'verify/guards/route-metadata.ts',
    "if (actor) throw new AuthError('forbidden', 'a session that acts as the user has no proof of the user');",
    '',
    'T-dfxn',
  ),
  acting(
    '@NoActor refuses an actor',
    'verify/guards/route-metadata.ts',
    "if (actor) throw new AuthError('forbidden', 'somebody who acts as a user is not accepted here');",
    '',
    'T-dfxn',
  ),
  acting(
    'audit records of the user and of the actor stay separate',
    'storage/audit-record.ts',
    'userId, actorId, networkOf(ip)',
    'userId, networkOf(ip)',
    'T-7wdm',
    built,
  ),
  acting(
    'a new token version of the actor ends the acting session',
    'drizzle/session-endings.ts',
    '(s.actor = ${subject} ${actedAs})',
    'false',
    'T-5j3v',
    built,
  ),
  acting(
    'no access token outlives an acting session',
    'issue/tokens/token-grants.service.ts',
    'return actor ? absoluteExpiresAt',
    'return actor === undefined ? absoluteExpiresAt',
    'T-4gwv',
  ),
  acting(
    'a refresh checks again whether the actor may act',
    'issue/sessions/session-access.service.ts',
    "if (problem) throw await this.ended(session, 'actor_ended', problem);",
    '',
    'T-r4gt',
  ),
  acting(
    'TokenVersionGuard checks again whether the actor may act',
    'verify/authoritative-check.service.ts',
    'return actingRefusal(this.options.sessions.mayActAs, found, user);',
    'return undefined;',
    'T-r4gt',
  ),
  defence(
    'session claims',
    'claims that today’s rules refuse end the session',
    'issue/sessions/session-access.service.ts',
    "reason === 'session_claims_refused' ||",
    '',
    'T-kc7d T-nx8w',
  ),
  defence(
    'session claims',
    'a mistake of the claims hook does not end a session',
    'issue/tokens/added-claims.ts',
    '!ofHook.has(name)',
    'true',
    'T-kc7d',
  ),
  defence(
    'session claims',
    'a hook that does not answer in time causes 503',
    'issue/sessions/session-hooks.service.ts',
    "await askHost('sessions.claims', this.options.storeDeadlineMs, () => hook(opening))",
    'await hook(opening)',
    'T-hk5d',
  ),
  defence(
    'session claims',
    'the claims hook is asked before the refresh token is replaced',
    'issue/flows/reauthenticate.flow.ts',
    'await this.access.rehearse(sessionId, account, asOfMs);',
    '',
    'T-pf6w',
  ),
];
