import { defence } from './defence.mjs';

const POLICY = 'verify/tokens/verification-policy.ts';

/** Of rows of the standards pages that the other lists do not hold. */
export const STANDARDS = [
  defence(
    'ASVS 6.2.5',
    'a password needs no digits or symbols',
    'issue/users/password-policy.service.ts',
    'if (refuseCommon && (await isCommonPassword(text)))',
    "if (!/[0-9]/.test(text)) return 'must hold a digit'; if (refuseCommon && (await isCommonPassword(text)))",
    'T-swj5',
  ),
  defence(
    'ASVS 7.2.1',
    'a guard on the server asks for the token',
    'verify/guards/jwt-auth.guard.ts',
    'if (facts.unguarded) return true;',
    'if (facts) return true;',
    'T-kk3x',
  ),
  defence(
    'RFC 9068 2.2',
    'sub and sid are required',
    POLICY,
    'if (!isText(iss) || !isIdentifier(sub) || !isIdentifier(sid) || !isIdentifier(jti))',
    'if (!isText(iss) || !isIdentifier(jti))',
    'T-jgck',
  ),
  defence(
    'RFC 9068 5',
    'a token for several services names them all',
    'issue/tokens/access-token-issuer.service.ts',
    'onlyAudience !== undefined && moreAudiences.length === 0 ? onlyAudience : audiences',
    'onlyAudience !== undefined && moreAudiences ? onlyAudience : audiences',
    'T-jnvz',
  ),
  defence(
    'RFC 9700 2.6',
    'the log warns of plain HTTP in production',
    'issue/routes/auth-route.guard.ts',
    "if (protocolOf(request, origins.trustProxy) === 'https') return;",
    "if (protocolOf(request, origins.trustProxy) !== '') return;",
    'T-kj92',
  ),
  defence(
    'RFC 9470 3',
    'the challenge names its error',
    'common/refusals.ts',
    'error="insufficient_user_authentication", max_age=',
    'error="invalid_token", max_age=',
    'T-p5cg',
  ),
];
