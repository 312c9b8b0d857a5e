import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'tw';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKSUM = 6;
export const ID_BYTES = 9;
export const SECRET_BYTES = 32;
/** The alphabet of an id: letters and digits only, so that a double click selects the whole key. */
const ID = /^[0-9A-Za-z]{1,32}$/;
const KEY = /^tw_([0-9A-Za-z]{1,32})_[0-9A-Za-z]{32,64}$/;

export interface ReadApiKey {
  readonly id: string;
  readonly hash: Buffer;
}

/**
 * `tw_<id>_<secret><checksum>`: a scanner of source code recognises a key by its prefix and its checksum (contract,
 * section 11).
 */
export function writeApiKey(id: string, secret: Buffer): string {
  const text = `${PREFIX}_${id}_${inDigits(BigInt(`0x${secret.toString('hex')}`), 43)}`;
  return text + checksumOf(text);
}

/** An id of `ID_BYTES` random bytes. */
export function apiKeyId(random: Buffer): string {
  return inDigits(BigInt(`0x${random.toString('hex')}`), 13);
}

export const isApiKeyId = (text: string): boolean => ID.test(text);

/** Undefined for a text that is not a key of ours: junk costs no query. */
export function readApiKey(text: string): ReadApiKey | undefined {
  const id = KEY.exec(text)?.[1];
  if (id === undefined || text.slice(-CHECKSUM) !== checksumOf(text.slice(0, -CHECKSUM)))
    return undefined;
  return { id, hash: hashOf(text) };
}

/** What is stored of a key. A secret of 256 random bits does not need a slow hash. */
export function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function checksumOf(text: string): string {
  return inDigits(BigInt(crc32(text)), CHECKSUM);
}

function inDigits(value: bigint, length: number): string {
  let [rest, text] = [value, ''];
  for (; rest > 0n; rest /= 62n) text = `${DIGITS[Number(rest % 62n)] ?? ''}${text}`;
  return text.padStart(length, '0');
}
