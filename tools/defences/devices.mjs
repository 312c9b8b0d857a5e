import { defence } from './defence.mjs';

const device = (...rest) => defence('bound sessions', ...rest);
const REGISTER = 'issue/flows/register-device.flow.ts';
const PROVE = 'issue/flows/prove-device.flow.ts';
const PROOF = 'issue/devices/device-proof.ts';
const CHALLENGE = 'issue/devices/session-challenge.ts';
const STATEMENTS = 'drizzle/session-statements.ts';

/** Contract, section 10: Device Bound Session Credentials. */
export const DEVICES = [
  device(
    'only the answer of the login gives a challenge of registration',
    REGISTER,
    "this.challenges.refusal({ ...of, kind: 'none' }",
    'this.challenges.refusal(of',
    'T-brq5',
  ),
  device(
    'a spent refresh token cannot register a key',
    REGISTER,
    "if (!isCurrent || session.transport !== 'cookie')",
    "if (session.transport !== 'cookie')",
    'T-brs1',
  ),
  device(
    'a key can be registered within ten minutes of the login',
    STATEMENTS,
    'and s.created_at > clock_timestamp() - ${withinMs}',
    'and clock_timestamp() > clock_timestamp() - ${withinMs}',
    'T-brs1',
  ),
  device(
    'the session that the browser names must be the one of its cookie',
    'issue/flows/device-sessions.service.ts',
    'if (sessionId !== undefined && sessionId !== presented.sessionId)',
    'if (false)',
    'T-brs2',
  ),
  device(
    'the signature of a proof is checked',
    PROVE,
    'if (!key || !proof.isSignedBy(key)) {',
    'if (!key) {',
    'T-xrgt',
  ),
  device(
    'the signature of a registration is checked',
    REGISTER,
    'if (!key || !proof.isSignedBy(key)) throw',
    'if (!key) throw',
    'T-jsmn',
  ),
  device(
    'the challenge of a registration works for five minutes',
    REGISTER,
    "if (challenge.kind === 'stale') throw this.challenges.refusal(of, 'a stale challenge');",
    '',
    'T-jsmn',
  ),
  device(
    'a session without a key accepts no proof',
    PROVE,
    "if (bound?.kind !== 'dbsc') throw",
    'if (false) throw',
    'T-brs1',
  ),
  device(
    'two proofs in one request are refused',
    'issue/routes/devices.controller.ts',
    "further.length > 0 ? '' : proof",
    'proof',
    'T-xrgt T-jsmn',
  ),
  device('a proof has an alg that was offered', PROOF, '!isDeviceAlgorithm(alg) || ', '', 'T-xrgt'),
  device(
    'typ of a proof is checked',
    PROOF,
    'typ !== PROOF_TYPE || !isDeviceAlgorithm',
    '!isDeviceAlgorithm',
    'T-xrgt',
  ),
  device(
    'alg of a proof is the one of the registered key',
    PROOF,
    'algorithm === alg && signatureFits',
    'signatureFits',
    'T-xrgt',
  ),
  device('a proof with crit is refused', PROOF, " || Object.hasOwn(header, 'crit')", '', 'T-xrgt'),
  device('a proof that contains a private key is refused', PROOF, " || 'd' in jwk", '', 'T-jsmn'),
  device(
    'a key that does not fit its algorithm is refused',
    PROOF,
    "assertKeyFits('jwk', algorithm, publicKey);",
    '',
    'T-jsmn',
  ),
  device(
    'a challenge works for its own session alone',
    CHALLENGE,
    ".update(sessionId, 'utf8')",
    '',
    'T-xrgt',
  ),
  device(
    'a challenge works for its own kind alone',
    CHALLENGE,
    ' || head[0] !== KINDS[kind]',
    '',
    'T-xrgt',
  ),
  device(
    'a challenge works for five minutes',
    CHALLENGE,
    'ageMs > CHALLENGE_LIFETIME_MS || ',
    '',
    'T-xrgt',
  ),
  device(
    'a challenge works once',
    STATEMENTS,
    "and ${use.challengeId} <> all(coalesce(s.used_challenges, '{}'))",
    'and true',
    'T-xrgt',
  ),
  device(
    'a bound session does not rotate without a proof',
    STATEMENTS,
    '(s.bound_key is null or s.bound_key = r.proved)',
    'true',
    'T-m4cz',
  ),
  device(
    'require: until a key is registered, the token is not accepted as an access token',
    'issue/tokens/access-token-issuer.service.ts',
    'input.pending ? PENDING_TOKEN_TYPE : undefined',
    'undefined',
    'T-brq1',
  ),
  device(
    'require: a session does not rotate before a key is registered',
    STATEMENTS,
    's.register_by is null and (s.bound_key',
    '(s.bound_key',
    'T-brq1',
  ),
  device(
    'require: a session without a key ends after 60 seconds',
    'issue/devices/device-challenges.service.ts',
    'REGISTER_WITHIN_MS = 60_000',
    'REGISTER_WITHIN_MS = 120_000',
    'T-brq2',
  ),
  device(
    'require: the other transports need a proof',
    'issue/flows/complete-sign-in.service.ts',
    "dpop?.mode === 'require' || deviceBound.mode === 'require'",
    "dpop?.mode === 'require'",
    'T-brq4',
  ),
];
