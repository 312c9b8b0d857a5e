import { hkdfSync } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import { assertHardToGuess } from '../../common/guessable-secret.js';
import { Secret } from '../../common/secret.js';

/** One refresh-token secret, split by HKDF (RFC 5869) into a key for each use. */
export interface Pepper {
  readonly id: string;
  readonly mac: Secret;
  readonly derivation: Secret;
  readonly device: Secret;
  /** Of the challenges of bound sessions. */
  readonly challenge: Secret;
  /** Of sign-ins at a provider that are under way. */
  readonly oidc: Secret;
}

const ENTRY = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9_-]+)$/;
const MIN_BYTES = 32;

type Peppers = readonly [Pepper, ...Pepper[]];

/** The peppers of this process: the first mints, all verify. */
export class RefreshSecrets {
  #peppers: Peppers;
  #written: string;

  private constructor(lines: readonly string[], option: string) {
    this.#peppers = parsePeppers(lines, option);
    this.#written = lines.join();
  }

  /** From `id:base64url` lines of at least 32 bytes each; refuses anything else by the name of `option`, never with its value. */
  static parse(lines: readonly string[], option = 'refreshToken.secrets'): RefreshSecrets {
    return new RefreshSecrets(lines, option);
  }

  get peppers(): Peppers {
    return this.#peppers;
  }

  get minting(): Pepper {
    return this.#peppers[0];
  }

  /** All at once, or, when a line is not understood, not at all. Unchanged lines keep their keys. */
  replace(lines: readonly string[], option: string): void {
    const written = lines.join();
    if (written === this.#written) return;
    this.#peppers = parsePeppers(lines, option);
    this.#written = written;
  }
}

function parsePeppers(lines: readonly string[], option: string): Peppers {
  const peppers = lines.map((line, index) => parsePepper(line.trim(), `${option}[${String(index)}]`));
  const [first, ...others] = peppers;
  if (!first) throw AuthError.configuration(option, 'holds no secret; give at least one as id:base64url');
  if (new Set(peppers.map((pepper) => pepper.id)).size !== peppers.length)
    throw AuthError.configuration(option, 'two secrets have one id; give each its own');
  return [first, ...others];
}

function parsePepper(line: string, option: string): Pepper {
  const [, id, encoded] = ENTRY.exec(line) ?? [];
  if (!id || !encoded)
    throw AuthError.configuration(option, 'is not id:base64url; make one with `tokenward secret`');
  const bytes = Buffer.from(encoded, 'base64url');
  if (bytes.length < MIN_BYTES)
    throw AuthError.configuration(
      option,
      `is shorter than ${String(MIN_BYTES)} bytes; make one with \`tokenward secret\``,
    );
  assertHardToGuess(option, bytes);
  const expand = (label: string): Secret =>
    new Secret(Buffer.from(hkdfSync('sha256', bytes, '', `tokenward/${label}/1`, 32)));
  return {
    id,
    mac: expand('refresh-mac'),
    derivation: expand('refresh-derivation'),
    device: expand('device'),
    challenge: expand('device-challenge'),
    oidc: expand('oidc-request'),
  };
}
