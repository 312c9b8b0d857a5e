import { defence } from './defence.mjs';

const VERIFY_PASSWORD = 'issue/users/password-verifier.service.ts';
const CHECKER = 'verify/revocation/revocation-checker.service.ts';
const JWKS = 'verify/keys/fetched-jwks.ts';
const OUTCOME = 'issue/sessions/rotation-outcome.ts';

export const OWN_RULES = [
  defence(
    'refresh',
    'a rotation that nobody waits for any more is rolled back',
    'drizzle/session-rotations.ts',
    '.finally(withdraw)',
    '.finally(() => void withdraw)',
    'T-fh97',
  ),
  defence(
    'openSession, login',
    'counters are read before the user',
    VERIFY_PASSWORD,
    `const subject = await this.subjects.readSubject(userId);
    const again = await this.users.findById(userId);`,
    `const again = await this.users.findById(userId);
    const subject = await this.subjects.readSubject(userId);`,
    'T-fbdh',
  ),
  defence(
    'openSession',
    'counters that the directory does not have are read before the user',
    VERIFY_PASSWORD,
    `const subject = this.#countersApart ? await this.subjects.readSubject(userId) : undefined;
    const found = await this.users.findById(userId);`,
    `const found = await this.users.findById(userId);
    const subject = this.#countersApart ? await this.subjects.readSubject(userId) : undefined;`,
    'T-hjcv',
  ),
  ...[
    ['openSession', 'issue/flows/open-session.flow.ts', 'asOfMs };', 'asOfMs: this.clock.now() };'],
    [
      'login',
      'issue/flows/login.flow.ts',
      "amr: ['pwd'], asOfMs,",
      "amr: ['pwd'], asOfMs: this.clock.now(),",
    ],
    [
      'refresh',
      'issue/flows/refresh.flow.ts',
      'const access = issued ?? (await this.access.token(outcome, asOfMs));',
      'const access = await this.access.token(outcome, this.clock.now());',
    ],
  ].map(([of, file, take, leave]) =>
    defence(
      of,
      'the token’s times count from before the user was read',
      file,
      take,
      leave,
      'T-vhqj',
    ),
  ),
  defence(
    'password change',
    'only the hash that was verified is replaced',
    'issue/flows/change-password.flow.ts',
    'this.users.replacePasswordHash(principal.id, passwordHash, next, tx)',
    'this.users.replacePasswordHash(principal.id, (await this.users.findById(principal.id))?.passwordHash ?? passwordHash, next, tx)',
    'T-ng52',
  ),
  defence(
    'password change',
    'a lost race rolls the whole change back',
    'issue/flows/change-password.flow.ts',
    'if (!replaced)',
    'if (!replaced && Number.isNaN(0))',
    'T-ng52',
  ),
  defence(
    'revocation',
    'the own view is asked once more before an accept that no store has confirmed',
    CHECKER,
    "if (this.view.mirror.refuses(token)) return 'revoked';\n    if (acceptable)",
    'if (acceptable)',
    'T-vh43',
  ),
  defence(
    'revocation',
    'PostgreSQL is asked once more after one late answer',
    CHECKER,
    'if (postgres === undefined && acceptable && this.isOneLateAnswer())',
    'if (acceptable && Number.isNaN(0))',
    'T-dcxb',
  ),
  ...['T-fqqk', 'T-7pmz'].map((seen) =>
    defence('pinned JWKS', 'a redirect is not followed', JWKS, "redirect: 'manual', ", '', seen),
  ),
  defence(
    'pinned JWKS',
    'keys that came through a redirect are not used',
    JWKS,
    "redirected || type === 'opaqueredirect' || ",
    '',
    'T-7pmz',
  ),
  defence(
    'refresh',
    'without leeway a spent token is reuse, not a replay',
    OUTCOME,
    'reuseLeewayMs > 0 && snapshot.rotatedAgoMs <= reuseLeewayMs',
    'snapshot.rotatedAgoMs <= 60_000',
    'T-r6d9',
    { built: true },
  ),
  defence(
    'redis',
    'a server that takes the connection and says nothing is left',
    'redis/own-client.ts',
    'else leaveIfSilent(this.client);',
    '',
    'T-hs7k',
  ),
  defence(
    'redis',
    'a new connection has its own time to answer',
    'redis/redis-revocation-feed.bus.ts',
    "this.#asking.client.on('ready', () => this.#breaker.succeeded());",
    '',
    'T-hs7m',
  ),
  defence(
    'revocation',
    'a Redis that was away is believed again only when those who revoke have found it too',
    'verify/revocation/protocol/revocation-view.ts',
    ' || !this.interruptions.hasCaughtUp()',
    '',
    'T-g6rv T-g7rv',
    { built: true },
  ),
];
