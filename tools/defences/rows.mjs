import { defence } from './defence.mjs';

const POLICY = 'verify/tokens/verification-policy.ts';

/** Of rows of the requirement pages, drawn at random. */
export const ROWS = [
  defence(
    'requirement 54',
    'a requirement of a route without a guard stops the boot',
    'verify/guards/held-routes.service.ts',
    'if (open.length === 0) return undefined;',
    'if (open.length >= 0) return undefined;',
    'T-ntb8',
  ),
  defence(
    'requirement 52',
    'the error of an unknown option names it',
    'common/read-options.ts',
    "if (stranger?.code === 'unrecognized_keys') {",
    "if (stranger?.code === 'unrecognized_keys' && Number.isNaN(0)) {",
    'T-k8tg',
  ),
  defence(
    'requirement 31',
    'TokenVersionGuard asks the database',
    'issue/sessions/token-version.guard.ts',
    "return this.flow.confirm(callerAt(context, 'TokenVersionGuard')).then(() => true);",
    "return callerAt(context, 'TokenVersionGuard') !== undefined;",
    'T-cv2h',
  ),
  defence(
    'requirement 51',
    'a refusal does not show its cause',
    'common/auth-error.ts',
    'super(body, body.statusCode);',
    'super(body, body.statusCode, { cause: extra.cause });',
    'T-sn4f',
  ),
  defence(
    'requirement 6',
    'an HMAC key is not published',
    'verify/keys/keyring.service.ts',
    'verification.flatMap(({ publicJwk }) => (publicJwk ? [publicJwk] : []))',
    "verification.map(({ publicJwk }) => publicJwk ?? { kty: 'oct' })",
    'T-jcs3',
  ),
  defence(
    'requirement 6',
    'a published key has kid, alg, use and its public members, nothing else',
    'verify/keys/verification-keys.ts',
    "alg: algorithm, use: 'sig' as const });",
    'alg: algorithm } as never);',
    'T-f9kv',
  ),
  defence(
    'requirement 34',
    'Argon2id, not Argon2i',
    'issue/users/argon2-parameters.ts',
    'algorithm: ARGON2ID,',
    'algorithm: 1,',
    'T-4wbn',
  ),
  defence(
    'requirement 13',
    'a token has three parts',
    'verify/tokens/jws.ts',
    'if (parts.length !== 3) return MALFORMED;',
    'if (parts.length < 3) return MALFORMED;',
    'T-p529',
  ),
  ...[
    [
      'a token that lives too long is refused',
      'lifetime <= 0 || lifetime > MAX_LIFETIME_SECONDS',
      'lifetime <= 0',
      'T-c4mr',
    ],
    [
      'an auth_time in the future is refused',
      'claims.auth_time > latestStart',
      'claims.auth_time > Infinity',
      'T-c4mr',
    ],
    [
      'another audience is refused',
      'if (!audiences.some((audience) => rules.audiences.includes(audience)))',
      'if (audiences.length === 0)',
      'T-c4mr',
    ],
    [
      'only own members of a token are read',
      'Object.hasOwn(object, name) ? object[name] : undefined',
      'object[name]',
      'T-pr7t',
    ],
    ['a header with crit is refused', "['crit', 'b64', 'zip',", "['b64', 'zip',"],
    [
      'a header that brings its own key is refused',
      "'jwk', 'jku', 'x5c', 'x5u'",
      "'jku', 'x5c', 'x5u'",
    ],
  ].map(([what, take, leave, seen = 'T-p529']) =>
    defence('requirement 14', what, POLICY, take, leave, seen),
  ),
  defence(
    'requirement 11',
    'the demo keeps a session for 30 days',
    'apps/demo/src/config/demo-config.ts',
    "'REFRESH_TOKEN_TTL', '30d',",
    "'REFRESH_TOKEN_TTL', '90d',",
    'T-qznf',
  ),
  defence(
    'RFC 9068',
    '6 sub that is an email is refused',
    'issue/tokens/access-token-issuer.service.ts',
    'if (EMAIL.test(input.subject)) {',
    "if (EMAIL.test('')) {",
    'T-97kg',
  ),
];
