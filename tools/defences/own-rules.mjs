import { defence } from './defence.mjs';

const VERIFY_PASSWORD = 'issue/users/password-verifier.service.ts';
const CHECKER = 'verify/revocation/revocation-checker.service.ts';
const JWKS = 'verify/keys/fetched-jwks.ts';
const OUTCOME = 'issue/sessions/rotation-outcome.ts';

export const OWN_RULES = [
  defence(
    'refresh',
    'a rotation nobody waits for is taken back',
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
    'counters are read before the user, once they are known to be apart',
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
    defence(of, 'times count from before the user was read', file, take, leave, 'T-vhqj'),
  ),
  defence(
    'password change',
    'the hash that is replaced is the one that was proven',
    'issue/flows/change-password.flow.ts',
    'this.users.replacePasswordHash(principal.id, passwordHash, next, tx)',
    'this.users.replacePasswordHash(principal.id, (await this.users.findById(principal.id))?.passwordHash ?? passwordHash, next, tx)',
    'T-ng52',
  ),
  defence(
    'password change',
    'a lost race undoes the whole',
    'issue/flows/change-password.flow.ts',
    'if (!replaced)',
    'if (!replaced && Number.isNaN(0))',
    'T-ng52',
  ),
  defence(
    'revocation',
    'the last look into the own view before an unproven accept',
    CHECKER,
    "if (this.view.mirror.refuses(token)) return 'revoked';\n    if (acceptable)",
    'if (acceptable)',
    'T-vh43',
  ),
  defence(
    'revocation',
    'a late answer of PostgreSQL is asked for once more',
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
    'what came over a redirect is not taken',
    JWKS,
    "redirected || type === 'opaqueredirect' || ",
    '',
    'T-7pmz',
  ),
  defence(
    'refresh',
    'a spent token is reuse, not a replay, without leeway',
    OUTCOME,
    'reuseLeewayMs > 0 && snapshot.rotatedAgoMs <= reuseLeewayMs',
    'snapshot.rotatedAgoMs <= 60_000',
    'T-r6d9',
    { built: true },
  ),
];
