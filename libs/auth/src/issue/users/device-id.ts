import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Entropy } from '../../common/entropy.js';
import { type Secret } from '../../common/secret.js';
import { deriveKey } from '../../common/derived-key.js';

export type DeviceStanding =
  /** It signed in to this account before, in the present epoch. */
  { readonly kind: 'known'; readonly id: string } | { readonly kind: 'unknown' };

const VERSION = 1;
/** 8 random bytes and 8 that prove them ours. */
const ID_BYTES = 16;
const RANDOM_BYTES = 8;
const MAC_BYTES = 16;
/** 33 bytes fill 44 base64url characters to the last bit: there is one spelling only. */
const WRITTEN = /^[A-Za-z0-9_-]{44}$/;
const UNKNOWN: DeviceStanding = { kind: 'unknown' };

/**
 * Signed device ids: `base64url(version ‖ id ‖ MAC)`, the MAC over id, user and epoch (HMAC-SHA256 cut to 128 bits, RFC 2104, section 5). The id
 * carries a MAC of its own, so that made-up ones cost no look-up of a user.
 * One proves that its holder once signed in to that account, and nothing else; when the epoch moves (password change, logout-all) it is
 * worth nothing any more. The id is public to its holder, never a credential.
 */
export class DeviceIds {
  #secrets: readonly Secret[] = [];
  #derived: readonly Buffer[] = [];

  /** `ring`: the first key mints, all verify; asked each time, since secrets rotate. */
  constructor(
    private readonly ring: () => readonly Secret[],
    private readonly entropy: Entropy,
  ) {}

  /** `id` keeps a device that is known already, so that its failures go on being counted together. */
  mint(userId: string, epoch: number, id?: string): string {
    const kept = id === undefined ? undefined : Buffer.from(id, 'base64url');
    const head = Buffer.concat([Buffer.of(VERSION), kept?.length === ID_BYTES ? kept : this.#newId()]);
    return Buffer.concat([head, mac(this.#keys()[0] as Buffer, head, userId, epoch)]).toString('base64url');
  }

  /** The id in `value` when it is one that we made, for whomever; asks nobody. */
  genuine(value: string | undefined): string | undefined {
    if (value === undefined || !WRITTEN.test(value)) return undefined;
    const bytes = Buffer.from(value, 'base64url');
    const id = bytes.subarray(1, 1 + ID_BYTES);
    const [random, proof] = [id.subarray(0, RANDOM_BYTES), id.subarray(RANDOM_BYTES)];
    const isOurs = this.#keys().some((key) => timingSafeEqual(proof, proofOf(key, random)));
    return bytes[0] === VERSION && isOurs ? id.toString('base64url') : undefined;
  }

  /** Whether it signed in to that user's account. */
  verify(value: string | undefined, userId: string, epoch: number): DeviceStanding {
    if (value === undefined || !WRITTEN.test(value)) return UNKNOWN;
    const bytes = Buffer.from(value, 'base64url');
    const head = bytes.subarray(0, 1 + ID_BYTES);
    const presented = bytes.subarray(1 + ID_BYTES);
    let matches = 0;
    for (const key of this.#keys())
      matches += Number(timingSafeEqual(presented, mac(key, head, userId, epoch)));
    if (head[0] !== VERSION || matches === 0) return UNKNOWN;
    return { kind: 'known', id: head.subarray(1).toString('base64url') };
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

/** Over fewer bytes than any other MAC of the key: none is taken for another. */
function proofOf(key: Buffer, random: Buffer): Buffer {
  return createHmac('sha256', key)
    .update(random)
    .digest()
    .subarray(0, ID_BYTES - RANDOM_BYTES);
}

function mac(key: Buffer, head: Buffer, userId: string, epoch: number): Buffer {
  // fixed-width fields first and the only free one last: no two inputs read alike
  const fixed = Buffer.alloc(8);
  fixed.writeBigUInt64BE(BigInt(epoch));
  const hmac = createHmac('sha256', key).update(head).update(fixed).update(userId, 'utf8');
  return hmac.digest().subarray(0, MAC_BYTES);
}
