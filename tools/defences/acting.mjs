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
    "if (actor) throw new AuthError('forbidden', 'whoever acts as a user proves nothing in their name');",
    '',
    'T-dfxn',
  ),
  acting(
    '@NoActor',
    'verify/guards/route-metadata.ts',
    "if (actor) throw new AuthError('forbidden', 'whoever acts as a user is not let in here');",
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
];
