import { deriveKey, Secret } from '../../common/secret.js';
import { readRing, type RingEntry } from '../../common/secret-ring.js';

/** One refresh-token secret, split by HKDF (RFC 5869) into one key for each purpose. */
export interface Pepper {
  readonly id: string;
  readonly mac: Secret;
  readonly derivation: Secret;
  readonly device: Secret;
  /** For the challenges of bound sessions. */
  readonly challenge: Secret;
  /** For sign-ins at a provider that are in progress. */
  readonly oidc: Secret;
  /** For the challenges of sign-ins with a passkey. */
  readonly passkey: Secret;
}

const RULES = { bytes: 'at least 32', madeBy: 'tokenward secret' } as const;

type Peppers = readonly [Pepper, ...Pepper[]];

/** The peppers of this process: the first mints, all verify. */
export class RefreshSecrets {
  #peppers: Peppers;
  #written: string;

  private constructor(lines: readonly string[], option: string) {
    this.#peppers = parsePeppers(lines, option);
    this.#written = lines.join();
  }

  /** Parses lines `id:base64url` of at least 32 bytes each. An error names `option`, never its value. */
  static parse(lines: readonly string[], option = 'refreshToken.secrets'): RefreshSecrets {
    return new RefreshSecrets(lines, option);
  }

  get peppers(): Peppers {
    return this.#peppers;
  }

  get minting(): Pepper {
    return this.#peppers[0];
  }

  /** Replaces all lines, or none if one is invalid. Unchanged lines keep their keys. */
  replace(lines: readonly string[], option: string): void {
    const written = lines.join();
    if (written === this.#written) return;
    this.#peppers = parsePeppers(lines, option);
    this.#written = written;
  }
}

function parsePeppers(lines: readonly string[], option: string): Peppers {
  const [first, ...others] = readRing(lines, option, RULES);
  return [pepperOf(first), ...others.map(pepperOf)];
}

function pepperOf({ id, secret }: RingEntry): Pepper {
  const given = new Secret(secret);
  const expand = (label: string): Secret => deriveKey(given, `${label}/1`);
  return {
    id,
    mac: expand('refresh-mac'),
    derivation: expand('refresh-derivation'),
    device: expand('device'),
    challenge: expand('device-challenge'),
    oidc: expand('oidc-request'),
    passkey: expand('passkey-challenge'),
  };
}
