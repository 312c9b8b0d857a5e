import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Entropy } from '../../common/entropy.js';
import { type Secret } from '../../common/secret.js';
import { deriveKey } from './derived-key.js';

export type DeviceStanding =
  /** It signed in to this account before, in the present epoch. */
  { readonly kind: 'known'; readonly id: string } | { readonly kind: 'unknown' };

const VERSION = 1;
const ID_BYTES = 16;
const MAC_BYTES = 16;
/** 33 bytes fill 44 base64url characters to the last bit: there is one spelling only. */
const WRITTEN = /^[A-Za-z0-9_-]{44}$/;
const UNKNOWN: DeviceStanding = { kind: 'unknown' };

/**
 * Signed device ids: `base64url(version ‖ id ‖ MAC)`, the MAC over id, user and epoch (HMAC-SHA256 cut to 128 bits, RFC 2104, section 5).
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
    const head = Buffer.concat([
      Buffer.of(VERSION),
      kept?.length === ID_BYTES ? kept : this.entropy.bytes(ID_BYTES),
    ]);
    return Buffer.concat([head, mac(this.#keys()[0] as Buffer, head, userId, epoch)]).toString('base64url');
  }

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

function mac(key: Buffer, head: Buffer, userId: string, epoch: number): Buffer {
  // fixed-width fields first and the only free one last: no two inputs read alike
  const fixed = Buffer.alloc(8);
  fixed.writeBigUInt64BE(BigInt(epoch));
  const hmac = createHmac('sha256', key).update(head).update(fixed).update(userId, 'utf8');
  return hmac.digest().subarray(0, MAC_BYTES);
}
