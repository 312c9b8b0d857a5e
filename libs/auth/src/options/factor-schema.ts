import { group, handle, list, text } from '../common/option-schema.js';
import type { FactorMethod } from './factor-options.js';

const KINDS = ['totp', 'passkeys'];

const method = handle<FactorMethod>(
  (value) => 'kind' in value && KINDS.includes(String(value.kind)),
  'totp(…) of @tokenward/nestjs/totp or passkeys(…) of @tokenward/nestjs/passkeys',
);

export const factorSchema = group({
  methods: list(method, 'a list of at least one of totp(…), passkeys(…)')
    .refine(({ length }) => length > 0, 'is empty: name totp(…), passkeys(…), or leave factors out')
    .refine(
      (methods) => new Set(methods.map(({ kind }) => kind)).size === methods.length,
      'names one method twice',
    ),
  encryptionKeys: list(
    text('id:base64url of 32 bytes; make one with `tokenward secret --encryption`'),
  ).prefault([]),
});
