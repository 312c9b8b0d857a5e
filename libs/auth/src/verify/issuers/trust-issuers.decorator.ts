import { applyDecorators } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { ForeignIssuerOf } from '../../options/issuer-options.js';
import { errorAnswers } from '../http/openapi-errors.js';
import { Describe } from '../http/openapi.js';
import { say } from '../guards/route-layers.js';
import { TRUSTED_ISSUERS } from '../guards/route-metadata.js';

/**
 * Also accepts access tokens of these issuers (`trustedIssuers`), in `Authorization: Bearer` and
 * never in a cookie. `JwtAuthGuard` applies it. The caller's `issuer` names the issuer of the
 * token. On a handler it replaces the decorator of the class. A function chooses one of
 * `trustedIssuers` for each request, for example the tenant's own.
 */
export function TrustIssuers(
  ...issuers: readonly [ForeignIssuerOf] | readonly [string, ...string[]]
): MethodDecorator & ClassDecorator {
  const [first, ...more] = issuers;
  const chooses = typeof first === 'function' && more.length === 0;
  if (
    !chooses &&
    (issuers.length === 0 || issuers.some((each) => typeof each !== 'string' || !each.trim()))
  )
    throw AuthError.configuration(
      '@TrustIssuers',
      'name at least one issuer, as trustedIssuers has it, or give one function that chooses',
    );
  return applyDecorators(
    say(TRUSTED_ISSUERS.key, chooses ? first : issuers),
    Describe({ security: 'token', answers: errorAnswers(401, 503) }),
  );
}
