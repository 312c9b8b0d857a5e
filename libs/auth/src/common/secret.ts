import { hkdfSync } from 'node:crypto';
import { inspect } from 'node:util';

/** Key material that cannot be printed by accident: every conversion to text gives `[secret]`. */
export class Secret {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  reveal(): Buffer {
    return this.#bytes;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/** A key of 32 bytes for one use of `secret` (HKDF-SHA256, RFC 5869); another label gives an unrelated key. */
export function deriveKey(secret: Secret, label: string): Secret {
  return new Secret(Buffer.from(hkdfSync('sha256', secret.reveal(), '', `tokenward/${label}`, 32)));
}
