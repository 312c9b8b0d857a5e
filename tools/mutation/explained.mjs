/** Mutations that no test can detect: the file, the original, the mutation, and why both are equivalent. */
const EXPLAINED = [
  {
    file: 'strict-json.ts',
    was: '{',
    became: '{}',
    why: 'the value stays undefined, which is no object',
  },
  {
    file: 'jws.ts',
    was: "'latin1'",
    became: '""',
    why: 'base64url is ASCII, the same bytes in UTF-8',
  },
  {
    file: 'signature.ts',
    was: '{ padding: constants.RSA_PKCS1_PADDING }',
    became: '{}',
    why: 'the padding of node by default',
  },
  {
    file: 'signature.ts',
    was: 'signature.length !== traits.signatureBytes',
    became: 'false',
    why: 'node refuses other lengths as well',
  },
  { file: 'signature.ts', was: "'tokenward key check'", became: '""', why: 'any text will do' },
  {
    file: 'revoked-set.ts',
    was: 'value !== undefined',
    became: 'true',
    why: 'undefined is above no number',
  },
  {
    file: 'verification-policy.ts',
    was: "typeof kid !== 'string'",
    became: 'false',
    why: 'no key is found by what is not a text',
  },
  {
    file: 'verification-policy.ts',
    was: "typeof alg !== 'string'",
    became: 'false',
    why: 'the caller compares it with the algorithm of the key',
  },
  {
    file: 'verification-policy.ts',
    was: "'accepted'",
    became: '""',
    why: 'the caller asks for `refused` alone',
  },
  {
    file: 'verification-policy.ts',
    was: 'claims.auth_time !== undefined',
    became: 'true',
    why: 'undefined is later than no instant',
  },
  {
    file: 'verification-policy.ts',
    was: "typeof act !== 'object'",
    became: 'false',
    why: 'a text or a number has no member `sub`',
  },
  {
    file: 'verification-policy.ts',
    was: "typeof value !== 'object'",
    became: 'false',
    why: 'a text or a number has no member `jkt`',
  },
  {
    file: 'verified-token-cache.ts',
    was: 'at < token.length',
    became: 'at <= token.length',
    why: 'one more step of the hash, the same for all',
  },
  {
    file: 'verified-token-cache.ts',
    was: '-1',
    became: '+1',
    why: 'nothing is remembered when it is first compared',
  },
  {
    file: 'verified-token-cache.ts',
    was: "'latin1'",
    became: '""',
    why: 'a token is ASCII, the same bytes in UTF-8',
  },
  {
    file: 'heartbeat-clock.ts',
    was: '-1',
    became: '+1',
    why: 'nothing is remembered before the first connection',
  },
  { file: 'heartbeat-clock.ts', was: 'date', became: 'true', why: 'no date is remembered as none' },
  {
    file: 'expiring-values.ts',
    was: 'known !== undefined',
    became: 'true',
    why: 'no value is at most undefined',
  },
  {
    file: 'expiring-values.ts',
    was: 'value > 0',
    became: 'true',
    why: '0 is what an id without a value has',
  },
  {
    file: 'expiring-values.ts',
    was: 'value > 0',
    became: 'value >= 0',
    why: '0 is what an id without a value has',
  },
  {
    file: 'pem.ts',
    was: "typeof material === 'string'",
    became: 'false',
    why: 'the bytes of the text, decoded again',
  },
  { file: 'pem.ts', was: "'string'", became: '""', why: 'the bytes of the text, decoded again' },
  {
    file: 'pem.ts',
    was: "''",
    became: '"Stryker was here!"',
    why: 'both groups are in each match',
  },
  { file: 'pem.ts', was: "'-----BEGIN'", became: '""', why: 'neither text holds a block then' },
  {
    file: 'verification-keys.ts',
    was: "typeof jwks !== 'object'",
    became: 'false',
    why: 'what is not an object has no list `keys`',
  },
  {
    file: 'revocation-checker.service.ts',
    was: "'broken'",
    became: '""',
    why: 'the caller asks for the other three alone',
  },
  ...["'redis lookup'", "'ledger question'"].map((was) => ({
    file: 'revocation-checker.service.ts',
    was,
    became: '""',
    why: 'the error that holds it is caught here',
  })),
  {
    file: 'revocation-checker.service.ts',
    was: '{',
    became: '{}',
    why: 'no answer is undefined all the same',
  },
  {
    file: 'revocation-checker.service.ts',
    was: '!this.ledger',
    became: 'false',
    why: 'the TypeError is caught, and nobody reads the availability of no ledger',
  },
  {
    file: 'revocation-checker.service.ts',
    was: 'this.ledger !== undefined',
    became: 'true',
    why: 'asked once more, no ledger gives no answer either',
  },
  ...[
    ['{ verification: [] }', '{}'],
    ['{ keys: [] }', '{}'],
    ['[]', '["Stryker was here"]'],
  ].map(([was, became]) => ({
    file: 'keyring.service.ts',
    was,
    became,
    why: 'the constructor replaces it at once',
  })),
  {
    file: 'key-fitness.ts',
    was: "key.asymmetricKeyType !== 'ec'",
    became: 'false',
    why: 'no other kind of key has the name of a curve',
  },
  ...[
    ["key.type === 'private'", 'false'],
    ["'private'", '""'],
  ].map(([was, became]) => ({
    file: 'key-fitness.ts',
    was,
    became,
    why: 'the thumbprint takes public members alone',
  })),
  {
    file: 'fetched-jwks.ts',
    was: '`${name}: is not a key`',
    became: '``',
    why: 'only for an error that is not an `AuthError`, which nothing throws there',
  },
  {
    file: 'fetched-jwks.ts',
    was: "traits.family === 'ec'",
    became: 'true',
    why: 'jwks.algorithms names RSA and EC alone',
  },
  {
    file: 'fetched-jwks.ts',
    was: "''",
    became: '"Stryker was here!"',
    why: 'has no max-age either',
  },
  {
    file: 'fetched-jwks.ts',
    was: '[]',
    became: '["Stryker was here"]',
    why: 'only the second member is read',
  },
  { file: 'feed-writer.ts', was: '{', became: '{}', why: 'no answer is undefined all the same' },
];

export function explanationOf(file, { was, became }) {
  return EXPLAINED.find(
    (each) => file.endsWith(`/${each.file}`) && each.was === was && each.became === became,
  )?.why;
}
