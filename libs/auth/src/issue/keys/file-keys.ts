import { createPublicKey, type KeyObject } from 'node:crypto';
import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AuthError } from '../../common/auth-error.js';
import { group, oneOf, text as optionText } from '../../common/option-schema.js';
import { readOptions } from '../../common/read-options.js';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../options/key-options.js';
import { KeySource, type SourceJwk, type SourceKeys } from '../../storage/key-source.port.js';
import { algorithmOfCurve } from '../../verify/keys/algorithms.js';
import { hasPrivateMembers } from '../../verify/keys/key-material.js';
import { readPem } from '../../verify/keys/pem.js';
import { publicKeyThumbprint } from '../../verify/keys/thumbprint.js';
import { jwkMembers } from '../../verify/keys/jwk-members.js';

const MAX_BYTES = 1_048_576;

export const keyDirectorySchema = group({
  rsaAlgorithm: oneOf(SIGNING_ALGORITHMS).optional(),
});

export interface KeyDirectoryOptions {
  /**
   * The algorithm of RSA keys in PEM, which do not contain it. Default: `keys.algorithm` if that is for RSA keys,
   * otherwise `RS256`.
   */
  readonly rsaAlgorithm?: SigningAlgorithm;
}

class JwksFile extends KeySource {
  readonly name: string;

  constructor(private readonly path: string) {
    super();
    this.name = `key file ${basename(path)}`;
  }

  async load(): Promise<SourceKeys> {
    return { keys: await keysOf(this.name, this.path, (text) => keysIn(this.name, text)) };
  }
}

class KeyDirectory extends KeySource {
  readonly name: string;

  constructor(
    private readonly path: string,
    private readonly options: KeyDirectoryOptions,
  ) {
    super();
    this.name = `key directory ${basename(path)}`;
  }

  /**
   * Reads until two listings are equal, because a directory cannot be read in one consistent step.
   */
  async load(configured?: SigningAlgorithm): Promise<SourceKeys> {
    const rsaAlgorithm =
      this.options.rsaAlgorithm ?? (/^[RP]S/.test(configured ?? '') ? configured : undefined);
    let before = await this.names();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const keys: SourceJwk[] = [];
      for (const name of before) keys.push(...(await this.keysOf(name, rsaAlgorithm ?? 'RS256')));
      const after = await this.names();
      if (after.join('\0') === before.join('\0')) return { keys };
      before = after;
    }
    throw AuthError.unavailable('the directory keeps changing while it is read');
  }

  /** Names that begin with a dot are drafts, or internal files of a mounted secret. */
  private async names(): Promise<string[]> {
    const names = await readdir(this.path).catch((error: unknown) => {
      throw unreadable(
        this.name,
        error,
        `make it, with its first key: tokenward keys generate --dir ${this.path}`,
      );
    });
    // `tls.key` is the name in a Kubernetes secret
    return names.filter((name) => /^[^.].*\.(?:json|jwk|pem|key)$/.test(name)).sort();
  }

  private keysOf(name: string, rsaAlgorithm: SigningAlgorithm): Promise<SourceJwk[]> {
    return keysOf(name, join(this.path, name), (text) =>
      /\.(?:pem|key)$/.test(name) ? fromPem(name, text, rsaAlgorithm) : keysIn(name, text),
    );
  }
}

/**
 * A JWKS file (RFC 7517, section 5) with the private keys. Replace it by renaming another file over
 * it. An incomplete file is ignored.
 */
export function keyFile(path: string): KeySource {
  return new JwksFile(pathOf('keyFile', path));
}

/**
 * A directory of `.json` or `.jwk` files (each a JWK or a JWKS) and `.pem` or `.key` files (PEM),
 * written by `tokenward keys` or mounted as a secret.
 */
export function keyDirectory(path: string, options: KeyDirectoryOptions = {}): KeySource {
  const of = 'keyDirectory';
  const { rsaAlgorithm } = readOptions(keyDirectorySchema, options, { of, prefix: of });
  return new KeyDirectory(pathOf(of, path), rsaAlgorithm === undefined ? {} : { rsaAlgorithm });
}

function pathOf(of: string, path: string): string {
  return readOptions(optionText('the path of it'), path, { of });
}

async function keysOf(
  name: string,
  path: string,
  read: (text: string) => SourceJwk[],
): Promise<SourceJwk[]> {
  try {
    const { size, mode } = await stat(path);
    if (size > MAX_BYTES) throw AuthError.configuration(name, 'is larger than a key file can be');
    const keys = read(await readFile(path, 'utf8'));
    const isOpen = process.platform !== 'win32' && (mode & 0o007) !== 0;
    if (isOpen && process.env['NODE_ENV'] === 'production' && keys.some(hasPrivateMembers))
      throw AuthError.configuration(
        name,
        `can be read by every user of this machine: ${(await isMounted(path, mode)) ? 'mount it with mode 0400 (Kubernetes: defaultMode: 0400; Docker: mode: 0400)' : 'chmod 600 it'}`,
      );
    return keys;
  } catch (error) {
    if (error instanceof AuthError) throw error;
    throw unreadable(name, error, 'make one with tokenward keys generate');
  }
}

/** Whether the directory is a read-only mount, whose mode can only be changed at its source. */
async function isMounted(path: string, mode: number): Promise<boolean> {
  if ((mode & 0o222) === 0) return true;
  return access(path, constants.W_OK).then(
    () => false,
    () => true,
  );
}

function unreadable(name: string, error: unknown, cure: string): AuthError {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return AuthError.configuration(name, `does not exist: ${cure}`);
    case 'ENOTDIR':
      return AuthError.configuration(name, 'is not a directory: give a directory, or use keyFile');
    case 'EISDIR':
      return AuthError.configuration(name, 'is a directory: give a file, or use keyDirectory');
    case 'EACCES':
      return AuthError.configuration(
        name,
        'cannot be read by the user of this process: let it belong to that user (chown)',
      );
    default:
      return AuthError.unavailable(`${name} cannot be read`);
  }
}

function keysIn(name: string, text: string): SourceJwk[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Node's message quotes the text
    throw AuthError.configuration(name, 'is not JSON, or half written');
  }
  if (typeof value !== 'object' || value === null)
    throw AuthError.configuration(name, 'must be a JWK or a JWKS');
  if (!('keys' in value)) return [value as SourceJwk];
  if (!Array.isArray(value.keys))
    throw AuthError.configuration(name, 'must be a JWKS: {"keys": [ … ]}');
  return value.keys as SourceJwk[];
}

function fromPem(name: string, text: string, rsaAlgorithm: SigningAlgorithm): SourceJwk[] {
  const { privateKeys, publicKeys } = readPem(name, text, 'is not a key in PEM, or half written');
  const keys = [...privateKeys, ...publicKeys];
  if (keys.length === 0)
    throw AuthError.configuration(name, 'is not a key in PEM, or half written');
  return keys.map((key) => asJwk(name, key, rsaAlgorithm));
}

function asJwk(name: string, key: KeyObject, rsaAlgorithm: SigningAlgorithm): SourceJwk {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const alg = curve === undefined ? rsaAlgorithm : algorithmOfCurve(curve);
  if (alg === undefined || !['rsa', 'ec'].includes(key.asymmetricKeyType ?? ''))
    throw AuthError.configuration(name, 'is neither an RSA key nor one on P-256, P-384 or P-521');
  const kid = publicKeyThumbprint(key.type === 'private' ? createPublicKey(key) : key);
  return { ...jwkMembers(key), kid, alg };
}
