import { basename } from 'node:path';

/** Mutations that no test can detect, by file: the original, the mutation, and why both are equivalent. */
const EXPLAINED = {
  'strict-json.ts': [
    ['{', '{}', 'the value stays undefined, which is not an object either'],
    ['at - first', 'at + first', 'the sum is odd if the difference is'],
  ],
  'static-keys.ts': [['signing?.kid', 'signing.kid', 'the options name a key that signs']],
  'encrypted-token.ts': [
    ["'latin1'", '""', 'base64url is ASCII, the same bytes in UTF-8'],
    ["''", '"Stryker was here!"', 'a text without that part has too few parts'],
    ['{', '{}', 'the header has been compared with the same two algorithms'],
    ["'decrypted'", '""', 'the callers only ask for `refused`'],
    ["typeof kid === 'string'", 'true', 'a lookup by something other than text finds no key'],
    ['dots < 5', 'true', 'five dots are as wrong as more'],
    ['dots < 5', 'dots <= 5', 'five dots are as wrong as more'],
  ],
  'jws.ts': [["'latin1'", '""', 'base64url is ASCII, the same bytes in UTF-8']],
  'signature.ts': [
    ['{ padding: constants.RSA_PKCS1_PADDING }', '{}', 'this is node’s default padding'],
    ['signature.length !== traits.signatureBytes', 'false', 'node refuses other lengths as well'],
    ["'tokenward key check'", '""', 'any text will do'],
  ],
  'revoked-set.ts': [['value !== undefined', 'true', 'undefined is not above any number']],
  'revocation-view.ts': [
    ['this.#listeners.size > 0', 'true', 'saves a list that nobody would read'],
    [
      'this.#listeners.size > 0',
      'this.#listeners.size >= 0',
      'saves a list that nobody would read',
    ],
    [
      'position.timeline > this.#timeline',
      'position.timeline >= this.#timeline',
      'sets the same number again',
    ],
    ['rows.length > 0', 'true', 'adding nothing does nothing'],
    ['rows.length > 0', 'rows.length >= 0', 'adding nothing does nothing'],
    ['this.#provenAt !== undefined', 'true', 'the later of nothing and an instant is the instant'],
  ],
  'revocation-sync.service.ts': [
    ['() => []', '() => undefined', 'the next operator puts an empty list there'],
    ['this.neighbours?.find', 'this.neighbours.find', 'where there is a feed there are neighbours'],
    ['() => false', '() => undefined', 'neither is true'],
    ["'Tokenward'", '""', 'the name beside a line of the log'],
    ['[]', '["Stryker was here"]', 'the shutdown waits for promises, and a text is none'],
    ['this.feed', 'true', 'without a feed there is no tail, so the loop only waits'],
    ['ledger === undefined', 'false', 'where there is a tail there is a ledger'],
  ],
  'verification-policy.ts': [
    ["typeof kid !== 'string'", 'false', 'a lookup by something other than text finds no key'],
    ["typeof alg !== 'string'", 'false', 'the caller compares it with the algorithm of the key'],
    ["'accepted'", '""', 'the caller only asks for `refused`'],
    ['claims.auth_time !== undefined', 'true', 'undefined is not later than any instant'],
    ["typeof act !== 'object'", 'false', 'a text or a number has no member `sub`'],
    ["typeof value !== 'object'", 'false', 'a text or a number has no member `jkt`'],
  ],
  'verified-token-cache.ts': [
    ['at < token.length', 'at <= token.length', 'one more step of the hash, the same for all'],
    ['-1', '+1', 'nothing is remembered when it is first compared'],
    ["'latin1'", '""', 'a token is ASCII, the same bytes in UTF-8'],
  ],
  'heartbeat-clock.ts': [
    ['-1', '+1', 'nothing is remembered before the first connection'],
    ['date', 'true', 'a missing date is remembered as missing'],
  ],
  'expiring-values.ts': [
    ['known !== undefined', 'true', 'no value compares as at most undefined'],
    ['value > 0', 'true', 'an id without a value has 0 as well'],
    ['value > 0', 'value >= 0', 'an id without a value has 0 as well'],
  ],
  'pem.ts': [
    ["typeof material === 'string'", 'false', 'the bytes of the text, decoded again'],
    ["'string'", '""', 'the bytes of the text, decoded again'],
    ["''", '"Stryker was here!"', 'both groups are in each match'],
    ["'-----BEGIN'", '""', 'then neither text contains a block'],
  ],
  'verification-keys.ts': [
    ["typeof jwks !== 'object'", 'false', 'only an object has a list `keys`'],
  ],
  'revocation-checker.service.ts': [
    ["'broken'", '""', 'the caller only asks for the other three'],
    ["'redis lookup'", '""', 'the error that contains it is caught here'],
    ["'ledger question'", '""', 'the error that contains it is caught here'],
    ['{', '{}', 'without an answer the result is undefined as well'],
    [
      '!this.ledger',
      'false',
      'the TypeError is caught, and without a ledger nobody reads its availability',
    ],
    [
      'this.ledger !== undefined',
      'true',
      'without a ledger a second question has no answer either',
    ],
  ],
  'keyring.service.ts': [
    ['{ verification: [] }', '{}', 'the constructor replaces it at once'],
    ['{ keys: [] }', '{}', 'the constructor replaces it at once'],
    ['[]', '["Stryker was here"]', 'the constructor replaces it at once'],
  ],
  'key-fitness.ts': [
    ["key.asymmetricKeyType !== 'ec'", 'false', 'no other kind of key has the name of a curve'],
    ["key.type === 'private'", 'false', 'the thumbprint uses only public members'],
    ["'private'", '""', 'the thumbprint uses only public members'],
  ],
  'fetched-jwks.ts': [
    [
      '`${name}: is not a key`',
      '``',
      'only for an error that is not an `AuthError`, which nothing throws there',
    ],
    ["traits.family === 'ec'", 'true', 'jwks.algorithms names only RSA and EC'],
    ["''", '"Stryker was here!"', 'the other text has no max-age either'],
    ['[]', '["Stryker was here"]', 'only the second member is read'],
  ],
  'feed-writer.ts': [
    ['{', '{}', 'without an answer the result is undefined as well'],
    ['nowMs !== undefined', 'true', 'JSON leaves out a member that is undefined'],
  ],
  'legacy-tokens.ts': [
    [
      '/^(.{8})(.{4})(.{4})(.{4})(.{12})$/',
      '/(.{8})(.{4})(.{4})(.{4})(.{12})$/',
      'the text has 32 characters in any case',
    ],
    [
      '/^(.{8})(.{4})(.{4})(.{4})(.{12})$/',
      '/^(.{8})(.{4})(.{4})(.{4})(.{12})/',
      'the text has 32 characters in any case',
    ],
  ],
  'foreign-claims.ts': [['{', '{}', 'then nothing was given, which is refused']],
  'session-limits.service.ts': [
    ['given !== undefined', 'true', 'undefined is not longer than any limit'],
    ["'the answer of sessions.limits'", '""', 'with a prefix, the errors name the prefix'],
  ],
  'access-token-verifier.service.ts': [["'accepted'", '""', 'the caller only asks for `refused`']],
  'ledger-sync.ts': [
    ['!this.feed', 'false', 'the TypeError is caught, and without a head there is no base'],
    ['{', '{}', 'without a head the result is undefined as well'],
    ["'failed'", '""', 'every other outcome than `appended` and `lost` ends the step'],
  ],
  'storage-check.ts': [["'Tokenward'", '""', 'the name beside a line of the log']],
  'session-clean-up.service.ts': [["'Tokenward'", '""', 'the name beside a line of the log']],
  'announcer.service.ts': [
    ["'the ledger is not known yet'", '""', 'the error that contains it is caught here'],
    ["'redis publish'", '""', 'the error that contains it is caught here'],
  ],
  'algorithms.ts': [["traits.family === 'ec'", 'true', 'no other family has a curve']],
  'remote-signature.ts': [
    [
      '(der[1] ?? 0) > 0x80',
      '(der[1] ?? 0) >= 0x80',
      'DER has no indefinite length, so such a signature never verifies',
    ],
    ['length === 0', 'false', 'a signature with a half of zeros never verifies'],
  ],
  'encryption-ring.ts': [
    [
      "key.asymmetricKeyType === 'ec'",
      'true',
      'a curve that is named is what decides, and no other kind of key names one',
    ],
    [
      'key.asymmetricKeyDetails?.namedCurve',
      'key.asymmetricKeyDetails.namedCurve',
      'a curve that is named is what decides, and no other kind of key names one',
    ],
    [
      "''",
      '"Stryker was here!"',
      'a curve that is named is what decides, and no other kind of key names one',
    ],
  ],
  'session.service.ts': [
    ["'key'", '""', 'every other proof is a key'],
    ["opened.kind === 'junk'", 'false', 'junk does not name this session'],
    ["'junk'", '""', 'junk does not name this session'],
  ],
  'session-opener.service.ts': [
    ['registrationChallenge === undefined', 'false', 'an undefined challenge is refused as well'],
  ],
  'source-keys.ts': [
    [
      "typeof jwk !== 'object'",
      'false',
      'the reader of the key refuses text with the same message',
    ],
    [
      "typeof seconds === 'number' && Number.isFinite(seconds)",
      "typeof seconds === 'number' || Number.isFinite(seconds)",
      'isFinite is true only for numbers, and the bounds exclude infinite ones',
    ],
    [
      "typeof seconds === 'number'",
      'true',
      'isFinite is true only for numbers, and the bounds exclude infinite ones',
    ],
  ],
  'remote-keys.service.ts': [
    ["'Tokenward'", '""', 'the name beside a line of the log'],
    [
      "'the JWKS cannot be fetched'",
      '""',
      'only for an error that is not an `AuthError`, which nothing throws there',
    ],
  ],
};

export function explanationOf(file, { was, became }) {
  const known = EXPLAINED[basename(file)] ?? [];
  const [, , why] = known.find((each) => each[0] === was && each[1] === became) ?? [];
  return why;
}
