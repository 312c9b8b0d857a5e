import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Entropy } from '../../common/entropy.js';
import { deriveKey, type Secret } from '../../common/secret.js';

const VERSION = 1;
/** 8 random bytes, and 8 bytes that prove that they are ours. */
const ID_BYTES = 16;
const RANDOM_BYTES = 8;
const MAC_BYTES = 16;
/** 33 bytes fill 44 base64url characters completely, so there is only one spelling. */
const WRITTEN = /^[A-Za-z0-9_-]{44}$/;

/**
 * Signed device ids: `base64url(version ‖ id ‖ MAC)`. The MAC covers id, user and epoch
 * (HMAC-SHA256 truncated to 128 bits, RFC 2104, section 5). The id has a MAC of its own, so that
 * made-up ids cause no look-up of a user. A device id only proves that its holder once signed in to
 * that account. It becomes invalid when the epoch changes (password change, logout-all). The id is
 * not a credential.
 */
export class DeviceIds {
  #secrets: readonly Secret[] = [];
  #derived: readonly Buffer[] = [];

  /** `ring`: the first key mints, all verify. It is called each time, because secrets rotate. */
  constructor(
    private readonly ring: () => readonly Secret[],
    private readonly entropy: Entropy,
  ) {}

  /** `id` keeps a known device, so that its failures stay in one counter. */
  mint(userId: string, epoch: number, id?: string): string {
    const kept = id === undefined ? undefined : Buffer.from(id, 'base64url');
    const head = Buffer.concat([
      Buffer.of(VERSION),
      kept?.length === ID_BYTES ? kept : this.#newId(),
    ]);
    return Buffer.concat([head, mac(this.#keys()[0] as Buffer, head, userId, epoch)]).toString(
      'base64url',
    );
  }

  /** The id in `value` if we made it, for any user. Causes no look-up. */
  genuine(value: string | undefined): string | undefined {
    if (value === undefined || !WRITTEN.test(value)) return undefined;
    const bytes = Buffer.from(value, 'base64url');
    const id = bytes.subarray(1, 1 + ID_BYTES);
    const [random, proof] = [id.subarray(0, RANDOM_BYTES), id.subarray(RANDOM_BYTES)];
    const isOurs = this.#keys().some((key) => timingSafeEqual(proof, proofOf(key, random)));
    return bytes[0] === VERSION && isOurs ? id.toString('base64url') : undefined;
  }

  /** The id in `value` if the device has signed in to that user's account in that epoch; otherwise undefined. */
  knownId(value: string | undefined, userId: string, epoch: number): string | undefined {
    if (value === undefined || !WRITTEN.test(value)) return undefined;
    const bytes = Buffer.from(value, 'base64url');
    const head = bytes.subarray(0, 1 + ID_BYTES);
    const presented = bytes.subarray(1 + ID_BYTES);
    let matches = 0;
    for (const key of this.#keys())
      matches += Number(timingSafeEqual(presented, mac(key, head, userId, epoch)));
    if (head[0] !== VERSION || matches === 0) return undefined;
    return head.subarray(1).toString('base64url');
  }

  #newId(): Buffer {
    const random = this.entropy.bytes(RANDOM_BYTES);
    return Buffer.concat([random, proofOf(this.#keys()[0] as Buffer, random)]);
  }

  #keys(): readonly Buffer[] {
    const secrets = this.ring();
    if (
      secrets.length !== this.#secrets.length ||
      secrets.some((each, index) => each !== this.#secrets[index])
    ) {
      this.#derived = secrets.map((secret) => deriveKey(secret, 'device-id/1').reveal());
      this.#secrets = secrets;
    }
    return this.#derived;
  }
}

/** It covers fewer bytes than any other MAC with this key, so it cannot be used as another one. */
function proofOf(key: Buffer, random: Buffer): Buffer {
  return createHmac('sha256', key)
    .update(random)
    .digest()
    .subarray(0, ID_BYTES - RANDOM_BYTES);
}

function mac(key: Buffer, head: Buffer, userId: string, epoch: number): Buffer {
  // fields of fixed width first and the variable one last, so that no two inputs have the same bytes
  const fixed = Buffer.alloc(8);
  fixed.writeBigUInt64BE(BigInt(epoch));
  const hmac = createHmac('sha256', key).update(head).update(fixed).update(userId, 'utf8');
  return hmac.digest().subarray(0, MAC_BYTES);
}
