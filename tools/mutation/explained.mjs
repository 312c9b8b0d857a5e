/** Mutations that no test can see: the file, what it was, what it became, and why both are the same. */
const EXPLAINED = [
  { file: 'strict-json.ts', was: '{', became: '{}', why: 'the value stays undefined, which is no object' },
  { file: 'jws.ts', was: "'latin1'", became: '""', why: 'base64url is ASCII, the same bytes in UTF-8' },
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
  { file: 'revoked-set.ts', was: 'value !== undefined', became: 'true', why: 'undefined is above no number' },
];

export function explanationOf(file, { was, became }) {
  return EXPLAINED.find(
    (each) => file.endsWith(`/${each.file}`) && each.was === was && each.became === became,
  )?.why;
}
