import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Entropy } from '../../common/entropy.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { networkOf } from '../../common/address.js';
import { ThrottleKeys } from './throttle-keys.js';
import {
  type ThrottleAttempt,
  type ThrottleBucket,
  ThrottleStore,
} from '../../storage/throttle-store.port.js';

export interface AdmissionRequest {
  /** Normalised email or user id: one and the same for every way to try an account's password. */
  readonly account: string;
  readonly ip?: string;
  /** What `DeviceIds.verify` says, never what the client says. */
  readonly device: 'known' | 'unknown';
  /** Of a known device. */
  readonly deviceId?: string;
}

/** One try that has been counted. */
export interface Admission {
  /** After success, or when no password was compared at all (503): the try counts no more. Never throws. */
  giveBack(): Promise<void>;
}

const FREE: Admission = { giveBack: () => Promise.resolve() };
const ATTEMPT_ID_BYTES = 9;

/**
 * Failures by account and by address (contract, section 4), counted before the password is hashed, so that parallel guesses do not slip
 * through. The same for accounts that exist and for those that do not.
 *
 * A known device counts in a bucket of its own and in no other: whatever strangers do to the account, or from the same address (an office, a
 * carrier's NAT), does not lock it out. Its holder has signed in to that account before, and its id is worth nothing elsewhere, so what
 * it adds is the same small number of guesses for each device of the account's own user.
 */
@Injectable()
export class LoginThrottle {
  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly store: ThrottleStore,
    private readonly keys: ThrottleKeys,
    private readonly entropy: Entropy,
  ) {}

  /** Throws `AuthError('throttled')` with `retryAfterSeconds` when a bucket is full. */
  async admit(request: AdmissionRequest): Promise<Admission> {
    const limits = this.options.throttle;
    if (limits === false) return FREE;
    const { account, deviceId } = request;
    if (request.device === 'known' && deviceId !== undefined)
      return this.take([{ key: this.keys.of('device', account, deviceId), limit: limits.accountAndAddress }]);
    const network = networkOf(request.ip);
    return this.take([
      { key: this.keys.of('account+address', account, network), limit: limits.accountAndAddress },
      { key: this.keys.of('account', account), limit: limits.account },
      { key: this.keys.of('address', network), limit: limits.address },
    ]);
  }

  /** For what tells whether an account exists (registration): every try counts against the address and is not given back. */
  async admitAddress(ip: string | undefined): Promise<void> {
    const limits = this.options.throttle;
    if (limits === false) return;
    await this.take([{ key: this.keys.of('address', networkOf(ip)), limit: limits.address }]);
  }

  private async take(buckets: readonly ThrottleBucket[]): Promise<Admission> {
    const limits = this.options.throttle;
    if (limits === false) return FREE;
    const id = this.entropy.bytes(ATTEMPT_ID_BYTES).toString('base64url');
    const attempt: ThrottleAttempt = { id, buckets, windowMs: limits.windowMs };
    const decision = await this.store.take(attempt);
    if (decision.kind === 'refused')
      throw new AuthError('throttled', 'too many failures', {
        retryAfterSeconds: decision.retryAfterSeconds,
      });
    return { giveBack: () => this.store.giveBack(attempt).catch(() => undefined) };
  }
}
