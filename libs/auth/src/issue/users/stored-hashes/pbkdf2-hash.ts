import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { base64Bytes, type HashReader, type StoredHash } from './stored-hash.js';

const derive = promisify(pbkdf2);

/** Milliseconds for one iteration, on a slow core. */
const ITERATION_MS = { sha1: 0.0003, sha256: 0.0003, sha512: 0.0006 } as const;
type Digest = keyof typeof ITERATION_MS;
const DIGESTS: Readonly<Record<string, Digest>> = {
  '': 'sha1',
  sha1: 'sha1',
  sha256: 'sha256',
  sha512: 'sha512',
};

/**
 * PBKDF2 (RFC 8018, section 5.2) in the forms of Django, Werkzeug and passlib, and in the PHC form.
 */
export const readPbkdf2: HashReader = (text) =>
  readDjango(text) ?? readWerkzeug(text) ?? readPhc(text) ?? readAspNet(text);

function readDjango(text: string): StoredHash | undefined {
  const [, digest = '', iterations, salt = '', hash = ''] =
    /^pbkdf2_(sha1|sha256|sha512)\$(\d{1,9})\$([^$]+)\$([^$]+)$/.exec(text) ?? [];
  return stored(digest, Number(iterations), Buffer.from(salt), base64Bytes(hash));
}

function readWerkzeug(text: string): StoredHash | undefined {
  const [, digest = '', iterations, salt = '', hash = ''] =
    /^pbkdf2:(sha1|sha256|sha512):(\d{1,9})\$([^$]+)\$((?:[\da-f]{2})+)$/.exec(text) ?? [];
  return stored(digest, Number(iterations), Buffer.from(salt), Buffer.from(hash, 'hex'));
}

/**
 * passlib writes only the number of iterations, the PHC form writes `i=…` (with or without `l=…`).
 */
function readPhc(text: string): StoredHash | undefined {
  const [, digest = '', iterations, salt = '', hash = ''] =
    /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$(?:i=)?(\d{1,9})(?:,l=\d{1,3})?\$([^$]+)\$([^$]+)$/.exec(
      text,
    ) ?? [];
  const saltBytes = base64Bytes(salt, 'adapted');
  return saltBytes && stored(digest, Number(iterations), saltBytes, base64Bytes(hash, 'adapted'));
}

const ASP_NET_DIGESTS = ['sha1', 'sha256', 'sha512'] as const;
const ASP_NET_HEADER = 13;

/**
 * ASP.NET Core Identity, version 3: 0x01 ‖ digest ‖ iterations ‖ length of the salt (each 32 bits,
 * big endian) ‖ salt ‖ key.
 */
function readAspNet(text: string): StoredHash | undefined {
  const bytes = text.startsWith('AQAAAA') ? base64Bytes(text) : undefined;
  if (!bytes || bytes.length <= ASP_NET_HEADER || bytes[0] !== 1) return undefined;
  const digest = ASP_NET_DIGESTS[bytes.readUInt32BE(1)];
  const end = ASP_NET_HEADER + bytes.readUInt32BE(9);
  if (digest === undefined || end >= bytes.length) return undefined;
  return stored(
    digest,
    bytes.readUInt32BE(5),
    bytes.subarray(ASP_NET_HEADER, end),
    bytes.subarray(end),
  );
}

/** With a shorter key, too many passwords would match. */
const LEAST_KEY_BYTES = 16;

function stored(
  name: string,
  iterations: number,
  salt: Buffer,
  key: Buffer | undefined,
): StoredHash | undefined {
  const digest = DIGESTS[name];
  if (!digest || !key || key.length < LEAST_KEY_BYTES || salt.length === 0 || !(iterations > 0))
    return undefined;
  // each block of the key is derived separately
  const blocks = Math.ceil(key.length / { sha1: 20, sha256: 32, sha512: 64 }[digest]);
  return {
    form: 'pbkdf2',
    costMs: iterations * blocks * ITERATION_MS[digest],
    memoryKib: 0,
    verify: async (password) =>
      timingSafeEqual(await derive(password, salt, iterations, key.length, digest), key),
  };
}
