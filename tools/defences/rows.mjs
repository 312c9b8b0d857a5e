import { defence } from './defence.mjs';

const POLICY = 'verify/tokens/verification-policy.ts';

/** Of rows of the requirement pages, drawn at random. */
export const ROWS = [
  defence(
    'requirement 54',
    'what a route demands and no guard holds stops the boot',
    'verify/guards/held-routes.service.ts',
    'if (open.length === 0) return undefined;',
    'if (open.length >= 0) return undefined;',
    'T-ntb8',
  ),
  defence(
    'requirement 52',
    'an option that is none is named',
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
    'a refusal keeps its cause to itself',
    'common/auth-error.ts',
    'super(body, body.statusCode);',
    'super(body, body.statusCode, { cause: extra.cause });',
    'T-sn4f',
  ),
  defence(
    'requirement 6',
    'no key of HMAC is published',
    'verify/keys/keyring.service.ts',
    'verification.flatMap(({ publicJwk }) => (publicJwk ? [publicJwk] : []))',
    "verification.map(({ publicJwk }) => publicJwk ?? { kty: 'oct' })",
    'T-jcs3',
  ),
  defence(
    'requirement 6',
    'of a published key: kid, alg and use, and its public members',
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
      'the lifetime has a cap',
      'lifetime <= 0 || lifetime > MAX_LIFETIME_SECONDS',
      'lifetime <= 0',
      'T-c4mr',
    ],
    [
      'a proof from the future is none',
      'claims.auth_time > latestStart',
      'claims.auth_time > Infinity',
      'T-c4mr',
    ],
    [
      'the audience is ours',
      'if (!audiences.some((audience) => rules.audiences.includes(audience)))',
      'if (audiences.length === 0)',
      'T-c4mr',
    ],
    [
      'members are own ones',
      'Object.hasOwn(object, name) ? object[name] : undefined',
      'object[name]',
      'T-pr7t',
    ],
    ['a header member that nobody understands', "['crit', 'b64', 'zip',", "['b64', 'zip',"],
    ['a key that the token brings', "'jwk', 'jku', 'x5c', 'x5u'", "'jku', 'x5c', 'x5u'"],
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
    '6 sub tells nothing about the person',
    'issue/tokens/access-token-issuer.service.ts',
    'if (EMAIL.test(input.subject)) {',
    "if (EMAIL.test('')) {",
    'T-97kg',
  ),
];
