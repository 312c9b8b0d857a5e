import { group, handle, list, text } from '../common/option-schema.js';
import type { FactorMethod } from './factor-options.js';

const KINDS = ['totp', 'passkeys', 'oidc'];

const method = handle<FactorMethod>(
  (value) => 'kind' in value && KINDS.includes(String(value.kind)),
  'totp(…) of @tokenward/nestjs/totp, passkeys(…) of @tokenward/nestjs/passkeys or oidc(…) of @tokenward/nestjs/oidc',
);

export const factorSchema = group({
  methods: list(method, 'a list of at least one of totp(…), passkeys(…), oidc(…)')
    .refine(
      ({ length }) => length > 0,
      'is empty: name totp(…), passkeys(…), oidc(…), or leave factors out',
    )
    .refine(
      (methods) => new Set(methods.map(({ kind }) => kind)).size === methods.length,
      'names one method twice',
    ),
  encryptionKeys: list(
    text('id:base64url of 32 bytes; make one with `tokenward secret --encryption`'),
  ).prefault([]),
});
