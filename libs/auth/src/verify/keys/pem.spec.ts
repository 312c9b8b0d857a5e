import { describe, expect, it } from '@jest/globals';
import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { readPrivateKey, readPublicKey, readSecret } from './key-material.js';
import { refusal } from './refusal.fixture.js';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: KeyObject) =>
  key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }) as string;

const base64 = (text: string): string => Buffer.from(text).toString('base64');
/** Of a text with blanks behind it, so that its base64 has no padding. */
const unpadded = (text: string): string => base64(text.padEnd(Math.ceil(text.length / 3) * 3));
const block = (label: string, body: string): string =>
  `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
const certificate = block(
  'CERTIFICATE',
  'MIIBbjCCARWgAwIBAgIUMNZEwNfJ+ckd7eXIkAq92/yoeoIwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBMTAgFw0yNjExMjkyMDAxMTBaGA8yMTI2MTEwNTIwMDExMFowDDEKMAgGA1UEAwwBMTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIBNK90lnCjKUfE0oyI3pyKQ5uSgFbXzoijIWlmVRX+3muPopKP2+4BiNQyW442xWUy56PZgQSrA75Bem10LtTijUzBRMB0GA1UdDgQWBBTErN0PXIhavM0BZUWdGQpJEvFDKjAfBgNVHSMEGDAWgBTErN0PXIhavM0BZUWdGQpJEvFDKjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIDMTATkpCVEWoZPj4IpkWkE7EvbLuyeUf3b1CJXJMA7TAiBtlW2hzNgw30RZPiLJAhGDKwYHRCMdpNWIoVP2UXyVmg==',
);
const otherCertificate = block(
  'CERTIFICATE',
  'MIIBbzCCARWgAwIBAgIUCMDN3k7cmbAv5m2myzNqqsAkzLEwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBMjAgFw0yNjExMjkyMDAxMTBaGA8yMTI2MTEwNTIwMDExMFowDDEKMAgGA1UEAwwBMjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABELBGWx1c9yPDekRh7PAEU06LK852MzeaLUek7kibu+OUKrUe/EY3ikF1AQlaylVA2yeOpoPAl5pnIHJIyCm7YOjUzBRMB0GA1UdDgQWBBRpALyJA+LAbOt2BUn+S0AWdXfjmDAfBgNVHSMEGDAWgBRpALyJA+LAbOt2BUn+S0AWdXfjmDAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDSULacqWqLcMvHhw1NLcnC5tV+c1W0kwbpLv2DWB6KMQIgNPyyxl50F1KJIEyac1AWGLMNvzJtsJsdxvzJucCNYzM=',
);

/** Forms in which files, variables and secret stores hold a PEM. */
const WRAPPINGS: readonly (readonly [name: string, wrap: (text: string) => string | Buffer])[] = [
  ['as it is', (text) => text],
  ['a Buffer', (text) => Buffer.from(text)],
  ['a Buffer with a byte order mark', (text) => Buffer.from(`\ufeff${text}`)],
  ['double quotes', (text) => `"${text}"`],
  ['single quotes and \\n', (text) => `'${text.replaceAll('\n', '\\n')}'`],
  ['a JSON string', (text) => JSON.stringify(text)],
  ['\\n escaped twice', (text) => text.replaceAll('\n', '\\\\n')],
  ['\\r\\n', (text) => text.replaceAll('\n', '\\r\\n')],
  ['carriage returns alone', (text) => text.replaceAll('\n', '\r')],
  ['carriage returns alone, escaped twice', (text) => text.replaceAll('\n', '\\\\r')],
  ['base64', (text) => base64(text)],
  ['base64 in lines', (text) => base64(text).replaceAll(/.{76}/g, '$&\n')],
  ['base64 in quotes', (text) => `"${base64(text)}"`],
  ['base64 in quotes and a line break', (text) => `"${base64(text)}"\n`],
  ['base64 in lines and quotes', (text) => `'${base64(text).replaceAll(/.{76}/g, '$&\n')}'`],
  ['one line with blanks', (text) => text.trim().replaceAll('\n', ' ')],
  ['one line with nothing', (text) => text.replaceAll('\n', '')],
  ['indented', (text) => text.replaceAll(/^/gm, '    ')],
  ['behind a comment', (text) => `# of the shop\n${text}`],
];

describe('keys in PEM', () => {
  it.each(WRAPPINGS)('%s: both halves are read', (_name, wrap) => {
    expect(readPrivateKey('o', wrap(pem(privateKey))).equals(privateKey)).toBe(true);
    expect(readPublicKey('o', wrap(pem(publicKey))).equals(publicKey)).toBe(true);
  });

  it('a pair in one file is read as its private key', () => {
    for (const both of [pem(privateKey) + pem(publicKey), pem(publicKey) + pem(privateKey)])
      expect(readPrivateKey('o', both).equals(privateKey)).toBe(true);
  });

  // T-tsns
  it.each([
    ['a certificate', certificate],
    ['a PGP private key', block('PGP PRIVATE KEY BLOCK', 'Comment: ENCRYPTED')],
    ['itself once more', pem(privateKey)],
  ])('%s beside a private key changes nothing', (_name, more) => {
    expect(readPrivateKey('o', more + pem(privateKey)).equals(privateKey)).toBe(true);
  });

  it.each([
    ['a PGP public key', block('PGP PUBLIC KEY BLOCK', 'AAAA')],
    ['a request for a certificate', block('CERTIFICATE REQUEST', 'AAAA')],
    ['itself once more', pem(publicKey)],
  ])('%s beside a public key changes nothing', (_name, more) => {
    expect(readPublicKey('o', more + pem(publicKey)).equals(publicKey)).toBe(true);
  });

  it('a certificate alone stands for its public key', () => {
    const own = new X509Certificate(certificate).publicKey;
    expect(readPublicKey('o', certificate + pem(own)).equals(own)).toBe(true);
    expect(readPublicKey('o', certificate).equals(own)).toBe(true);
  });

  // T-83cm
  it.each<[string, () => unknown, RegExp]>([
    [
      'two private keys',
      () => readPrivateKey('o', pem(privateKey) + pem(other.privateKey)),
      /several private keys/,
    ],
    [
      'a public key of another pair',
      () => readPrivateKey('o', pem(privateKey) + pem(other.publicKey)),
      /second key/,
    ],
    [
      'two public keys',
      () => readPublicKey('o', pem(publicKey) + pem(other.publicKey)),
      /several public keys/,
    ],
    [
      'a truncated key after a complete one',
      () => readPrivateKey('o', pem(privateKey) + pem(other.privateKey).slice(0, 80)),
      /not a private key in PEM/,
    ],
    [
      'half a key',
      () => readPrivateKey('o', pem(privateKey).slice(0, 100)),
      /not a private key in PEM/,
    ],
    [
      'a block that holds no key',
      () => readPrivateKey('o', block('PRIVATE KEY', 'AAAA')),
      /not a private key in PEM/,
    ],
    ...(['pkcs8', 'sec1'] as const).map((type): [string, () => unknown, RegExp] => [
      `an encrypted key in ${type}`,
      () => {
        const cipher = { cipher: 'aes-256-cbc', passphrase: 'x' };
        const text = privateKey.export({ type: type as 'pkcs8', format: 'pem', ...cipher });
        return readPrivateKey('o', text);
      },
      /is encrypted with a passphrase: decrypt it \(openssl pkey\) first/,
    ]),
    [
      'two certificates',
      () => readPublicKey('o', certificate + otherCertificate),
      /several certificates: leave the one of the key/,
    ],
    [
      'base64 with a foreign character',
      () => readPublicKey('o', unpadded(pem(publicKey)).replace(/^.{40}/, '$&!')),
      /not a public key in PEM/,
    ],
    [
      'a name before the quotes',
      () => readPublicKey('o', `NAME "${unpadded(pem(publicKey))}"`),
      /not a public key in PEM/,
    ],
    [
      'a name behind the quotes',
      () => readPublicKey('o', `"${unpadded(pem(publicKey))}" NAME`),
      /not a public key in PEM/,
    ],
    [
      'DER',
      () => readPrivateKey('o', privateKey.export({ type: 'pkcs8', format: 'der' })),
      /PKCS#8/,
    ],
    [
      'an encoded private key as a public one',
      () => readPublicKey('o', Buffer.from(pem(privateKey)).toString('base64')),
      /public one belongs/,
    ],
  ])('%s is refused, not dropped', (_name, read, why) => {
    expect(refusal(read)).toMatch(why);
  });
});

describe('secrets as text', () => {
  const bytes = Buffer.from('zB4nPq81_vW9sLr-0mXeYt62GhKdAjCu', 'latin1');

  it('ignore a final line break', () => {
    expect(readSecret('o', `${bytes.toString('base64url')}\r\n`)).toEqual(bytes);
  });

  it.each<[string, unknown, RegExp]>([
    [
      'a file of text, read as bytes',
      Buffer.from(`${bytes.toString('base64url')}\n`),
      /line break.*utf8/,
    ],
    ['hexadecimal', bytes.toString('hex'), /hexadecimal.*'hex'/],
    ['HEXADECIMAL', bytes.toString('hex').toUpperCase(), /hexadecimal.*'hex'/],
    ['base64', bytes.toString('base64'), /base64url/],
  ])('%s has more than one meaning, and is refused', (_name, secret, why) => {
    expect(refusal(() => readSecret('o', secret))).toMatch(why);
  });

  it('the command in the error makes a value that the option accepts', () => {
    expect(refusal(() => readSecret('o', '!'))).toMatch(/randomBytes\(64\)/);
    expect(refusal(() => readSecret('o', '!', 32))).toMatch(/randomBytes\(32\)/);
  });
});
