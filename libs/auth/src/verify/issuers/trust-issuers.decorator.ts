import { applyDecorators, SetMetadata } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { ForeignIssuerOf } from '../../options/issuer-options.js';
import { errorAnswers } from '../http/openapi-errors.js';
import { Describe } from '../http/openapi.js';
import { TRUSTED_ISSUERS } from '../guards/route-metadata.js';

/**
 * Access tokens of these issuers (`trustedIssuers`) are accepted here too, in `Authorization: Bearer` and never in a
 * cookie. `JwtAuthGuard` applies it. `issuer` of the caller names the issuer of the token. On a handler it replaces
 * that of its class. A function chooses one of `trustedIssuers` for each request, such as the
 * tenant's own.
 */
export function TrustIssuers(
  ...issuers: readonly [ForeignIssuerOf] | readonly [string, ...string[]]
): MethodDecorator & ClassDecorator {
  const [first, ...more] = issuers;
  const chooses = typeof first === 'function' && more.length === 0;
  if (!chooses && (issuers.length === 0 || issuers.some((each) => typeof each !== 'string' || !each.trim())))
    throw AuthError.configuration(
      '@TrustIssuers',
      'name at least one issuer, as trustedIssuers has it, or give one function that chooses',
    );
  return applyDecorators(
    SetMetadata(TRUSTED_ISSUERS.key, chooses ? first : issuers),
    Describe({ security: 'token', answers: errorAnswers(401, 503) }),
  );
}
