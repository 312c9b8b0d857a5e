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
    'no challenge that works but with the login',
    REGISTER,
    "this.challenges.refusal({ ...of, kind: 'none' }",
    'this.challenges.refusal(of',
    'T-brq5',
  ),
  device(
    'the current refresh token registers, no spent one',
    REGISTER,
    "if (!isCurrent || session.transport !== 'cookie')",
    "if (session.transport !== 'cookie')",
    'T-brs1',
  ),
  device(
    'ten minutes to register',
    STATEMENTS,
    'and s.created_at > clock_timestamp() - ${withinMs}',
    'and clock_timestamp() > clock_timestamp() - ${withinMs}',
    'T-brs1',
  ),
  device(
    'the session that the browser speaks for',
    'issue/flows/device-sessions.service.ts',
    'if (sessionId !== undefined && sessionId !== presented.sessionId)',
    'if (false)',
    'T-brs2',
  ),
  device('the signature', PROVE, 'if (!key || !proof.isSignedBy(key)) {', 'if (!key) {', 'T-xrgt'),
  device(
    'the signature of a registration',
    REGISTER,
    'if (!key || !proof.isSignedBy(key)) throw',
    'if (!key) throw',
    'T-jsmn',
  ),
  device(
    'a registration within five minutes of its challenge',
    REGISTER,
    "if (challenge.kind === 'stale') throw this.challenges.refusal(of, 'a stale challenge');",
    '',
    'T-jsmn',
  ),
  device(
    'a session without a key has nothing to prove',
    PROVE,
    "if (bound?.kind !== 'dbsc') throw",
    'if (false) throw',
    'T-brs1',
  ),
  device(
    'two proofs are none',
    'issue/routes/devices.controller.ts',
    "further.length > 0 ? '' : proof",
    'proof',
    'T-xrgt T-jsmn',
  ),
  device('an alg that was offered', PROOF, '!isDeviceAlgorithm(alg) || ', '', 'T-xrgt'),
  device(
    'typ of a proof',
    PROOF,
    'typ !== PROOF_TYPE || !isDeviceAlgorithm',
    '!isDeviceAlgorithm',
    'T-xrgt',
  ),
  device('alg of a proof', PROOF, 'algorithm === alg && signatureFits', 'signatureFits', 'T-xrgt'),
  device('crit of a proof', PROOF, " || Object.hasOwn(header, 'crit')", '', 'T-xrgt'),
  device('no private key', PROOF, " || 'd' in jwk", '', 'T-jsmn'),
  device(
    'a key fit for its algorithm',
    PROOF,
    "assertKeyFits('jwk', algorithm, publicKey);",
    '',
    'T-jsmn',
  ),
  device('a challenge of its session', CHALLENGE, ".update(sessionId, 'utf8')", '', 'T-xrgt'),
  device('a challenge of its kind', CHALLENGE, ' || head[0] !== KINDS[kind]', '', 'T-xrgt'),
  device(
    'a challenge for five minutes',
    CHALLENGE,
    'ageMs > CHALLENGE_LIFETIME_MS || ',
    '',
    'T-xrgt',
  ),
  device(
    'a challenge once',
    STATEMENTS,
    "and ${use.challengeId} <> all(coalesce(s.used_challenges, '{}'))",
    'and true',
    'T-xrgt',
  ),
  device(
    'no rotation without the key',
    STATEMENTS,
    '(s.bound_key is null or s.bound_key = r.proved)',
    'true',
    'T-m4cz',
  ),
  device(
    'require: what waits for a key is no access token',
    'issue/tokens/access-token-issuer.service.ts',
    'input.pending ? PENDING_TOKEN_TYPE : undefined',
    'undefined',
    'T-brq1',
  ),
  device(
    'require: no rotation before',
    STATEMENTS,
    's.register_by is null and (s.bound_key',
    '(s.bound_key',
    'T-brq1',
  ),
  device(
    'require: 60 seconds',
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
