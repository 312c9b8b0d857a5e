import { scrypt, type ScryptOptions, timingSafeEqual } from 'node:crypto';
import { base64Bytes, type HashReader, type StoredHash } from './stored-hash.js';

/** Milliseconds for N·r·p = 1, on a slow core. */
const UNIT_MS = 0.0005;
/** The time of PBKDF2 before and after the mixing, expressed as a value of N. */
const OUTSIDE = 16;
const LEAST_KEY_BYTES = 16;

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/**
 * scrypt (RFC 7914) in the PHC form (passlib, Node packages) and in those of Werkzeug and Django.
 */
export const readScrypt: HashReader = (text) =>
  readPhc(text) ?? readWerkzeug(text) ?? readDjango(text);

function readPhc(text: string): StoredHash | undefined {
  const [, ln, r, p, salt = '', hash = ''] =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([^$]+)\$([^$]+)$/.exec(text) ?? [];
  const saltBytes = base64Bytes(salt, 'adapted');
  const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p) };
  return saltBytes && stored(cost, saltBytes, base64Bytes(hash, 'adapted'));
}

function readWerkzeug(text: string): StoredHash | undefined {
  const [, N, r, p, salt = '', hash = ''] =
    /^scrypt:(\d{1,10}):(\d{1,3}):(\d{1,3})\$([^$]+)\$((?:[\da-f]{2})+)$/.exec(text) ?? [];
  return stored(
    { N: Number(N), r: Number(r), p: Number(p) },
    Buffer.from(salt),
    Buffer.from(hash, 'hex'),
  );
}

function readDjango(text: string): StoredHash | undefined {
  const [, N, salt = '', r, p, hash = ''] =
    /^scrypt\$(\d{1,10})\$([^$]+)\$(\d{1,3})\$(\d{1,3})\$([^$]+)$/.exec(text) ?? [];
  return stored({ N: Number(N), r: Number(r), p: Number(p) }, Buffer.from(salt), base64Bytes(hash));
}

function stored({ N, r, p }: Cost, salt: Buffer, key: Buffer | undefined): StoredHash | undefined {
  // RFC 7914, section 6
  const isPossible = N > 1 && Number.isInteger(Math.log2(N)) && Math.log2(N) < 16 * r && p > 0;
  if (!key || key.length < LEAST_KEY_BYTES || salt.length === 0 || !isPossible) return undefined;
  const memory = 128 * N * r + 128 * r * p;
  return {
    form: 'scrypt',
    costMs: (N + OUTSIDE) * r * p * UNIT_MS,
    memoryKib: Math.ceil(memory / 1024),
    verify: async (password) => {
      const options = { N, r, p, maxmem: 2 * memory + 2 ** 20 };
      return timingSafeEqual(await derive(password, salt, key.length, options), key);
    },
  };
}

function derive(
  password: string,
  salt: Buffer,
  length: number,
  options: ScryptOptions,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, options, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
