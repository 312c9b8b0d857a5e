import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import { isSameKey } from './same-key.js';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g;
const BEGIN = /-----BEGIN /g;

/** All keys of a text. A public key that belongs to a private key beside it does not count separately. */
export interface PemKeys {
  readonly privateKeys: readonly KeyObject[];
  readonly publicKeys: readonly KeyObject[];
}

/**
 * PEM (RFC 7468) as found in files, variables and secret stores: in quotes, with `\n` written out,
 * on one line, or in base64. Throws `configuration_invalid` with `advice` if it is incomplete.
 */
export function readPem(option: string, material: string | Uint8Array, advice: string): PemKeys {
  const text = unwrapped(
    typeof material === 'string' ? material : Buffer.from(material).toString('utf8'),
  );
  const blocks = [...text.matchAll(BLOCK)].map(([, label = '', body = '']) => ({ label, body }));
  if (blocks.length !== [...text.matchAll(BEGIN)].length)
    throw AuthError.configuration(option, advice);
  if (
    blocks.some(({ label, body }) => /PRIVATE KEY$/.test(label) && /ENCRYPTED/.test(label + body))
  )
    throw AuthError.configuration(
      option,
      'is encrypted with a passphrase: decrypt it (openssl pkey) first',
    );
  const of = (pattern: RegExp, parse: (pem: string) => KeyObject) =>
    different(
      blocks
        .filter(({ label }) => pattern.test(label))
        .map((block) => parsed(option, advice, () => parse(inLines(block)))),
    );
  const privateKeys = of(/PRIVATE KEY$/, createPrivateKey);
  const published = of(/PUBLIC KEY$/, createPublicKey);
  // beside a private key, a certificate belongs to that key; alone, it stands for its public key
  const certified = privateKeys.length > 0 ? [] : of(/CERTIFICATE$/, createPublicKey);
  if (certified.length > 1)
    throw AuthError.configuration(option, 'holds several certificates: leave the one of the key');
  const own = privateKeys.map((key) => createPublicKey(key));
  const publicKeys = different([...published, ...certified]).filter(
    (key) => !own.some((half) => isSameKey(half, key)),
  );
  return { privateKeys, publicKeys };
}

function unwrapped(material: string): string {
  const text = bare(material);
  if (text.includes('-----BEGIN') || !/^[A-Za-z0-9+/_\s-]+=*\s*$/.test(text)) return text;
  const decoded = bare(Buffer.from(text, 'base64').toString('utf8'));
  return decoded.includes('-----BEGIN') ? decoded : text;
}

/** `trim` also removes a byte order mark. */
function bare(text: string): string {
  const unquoted = text.trim().replace(/^(["'])([\s\S]*)\1$/, '$2');
  // no line break is needed: the blocks are laid out anew
  return unquoted.replaceAll(/\\+[rn]/g, '');
}

function inLines({ label, body }: { readonly label: string; readonly body: string }): string {
  const lines = body.replaceAll(/\s/g, '').replaceAll(/.{64}/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

function different(keys: readonly KeyObject[]): KeyObject[] {
  return keys.filter(
    (key, index) => !keys.slice(0, index).some((earlier) => isSameKey(earlier, key)),
  );
}

/** Node's error messages may quote the key, so they are dropped. */
export function parsed(option: string, advice: string, parse: () => KeyObject): KeyObject {
  try {
    return parse();
  } catch {
    throw AuthError.configuration(option, advice);
  }
}
