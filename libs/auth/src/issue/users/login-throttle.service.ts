import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Entropy } from '../../common/entropy.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { networkOf } from '../../common/address.js';
import { waitOf } from './throttle-decision.js';
import { ThrottleKeys } from './throttle-keys.js';
import {
  type ThrottleAttempt,
  type ThrottleBucket,
  ThrottleStore,
} from '../../storage/throttle-store.port.js';

/** One try that has been counted. */
export interface Admission {
  /** After success, or when no password was compared at all (503): the try no longer counts. Never throws. */
  giveBack(): Promise<void>;
  /** Plain data for `giveBackAll`, if success comes in a later request; undefined if nothing was counted. */
  readonly attempt?: ThrottleAttempt;
}

/** Gives the try back when `work` fails. */
export async function givingBack<T>(admission: Admission, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await admission.giveBack();
    throw error;
  }
}

type ThrottleLimits = Exclude<ResolvedAuthOptions['throttle'], false>;
const FREE: Admission = { giveBack: () => Promise.resolve() };
const ATTEMPT_ID_BYTES = 9;
/** Programs make keys as well, so there may be more of them than failed logins. */
const API_KEYS_PER_FAILURE = 10;

/**
 * Counts failures by account and by address (contract, section 4). A try is counted before the
 * password is hashed, so that parallel guesses are counted, too. Accounts that do not exist are
 * treated in the same way.
 *
 * A known device counts only in its own bucket, and in one that all known devices of the account
 * share (each login makes another one). So whatever strangers do to the account, or from the same
 * address (an office, a carrier's NAT), does not lock the device out. Its holder has signed in to
 * that account before, and the id is worth nothing for other accounts.
 */
@Injectable()
export class LoginThrottle {
  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly store: ThrottleStore,
    private readonly keys: ThrottleKeys,
    private readonly entropy: Entropy,
  ) {}

  /**
   * A stranger's try at `account` (`accountKey`). Each of these methods throws
   * `AuthError('throttled')` with `retryAfterSeconds` if a bucket is full.
   */
  admit(account: string, ip: string | undefined): Promise<Admission> {
    return this.take((limits) => [
      ...this.accountBuckets(account, ip, limits),
      this.addressBucket(ip, limits),
    ]);
  }

  /** The same try, when the account turns out to have another name, too. */
  admitAccount(account: string, ip: string | undefined): Promise<Admission> {
    return this.take((limits) => this.accountBuckets(account, ip, limits));
  }

  /**
   * A try of a device whose id is genuine (`DeviceIds.genuine`), before the user of the device is looked up. It counts
   * by tenant, and for all of them together, because the sender of a request chooses the tenant.
   */
  admitDevice(deviceId: string, tenant?: string): Promise<Admission> {
    const { keys } = this;
    return this.take(({ accountAndAddress, account }) =>
      tenant === undefined
        ? [{ key: keys.of('device', deviceId), limit: accountAndAddress }]
        : [
            { key: keys.of('device', deviceId, tenant), limit: accountAndAddress },
            { key: keys.of('device+tenants', deviceId), limit: account },
          ],
    );
  }

  /**
   * A try of a device that `DeviceIds.knownId` accepts for the user. It counts for the two once more, because a directory
   * may find the user's tenant under several spellings.
   */
  admitKnownDevice(deviceId: string, userId: string): Promise<Admission> {
    return this.take((limits) => [
      { key: this.keys.of('devices', userId), limit: limits.account },
      { key: this.keys.of('device+user', deviceId, userId), limit: limits.accountAndAddress },
    ]);
  }

  /**
   * For requests that reveal whether an account exists (registration): every try counts against the
   * address and is not given back.
   */
  async admitAddress(ip: string | undefined): Promise<void> {
    await this.admitLookUp(ip);
  }

  /** For tries without an account: the first use of an API key in this process. */
  admitLookUp(ip: string | undefined): Promise<Admission> {
    return this.take((limits) => [this.addressBucket(ip, limits)]);
  }

  /**
   * An API key that a user makes. It counts also when the key is deleted again: every key that was used leaves a ledger
   * entry.
   */
  admitApiKey(userId: string): Promise<Admission> {
    return this.take((limits) => [
      { key: this.keys.of('api_keys', userId), limit: limits.account * API_KEYS_PER_FAILURE },
    ]);
  }

  /**
   * A factor or an identity that its owner adds, or new recovery codes: each writes a ledger entry for every other
   * session of the owner. Nothing counts that takes a way in away, because whoever has stolen a session could use the
   * limit up.
   */
  admitFactor(userId: string): Promise<Admission> {
    return this.take((limits) => [{ key: this.keys.of('factors', userId), limit: limits.account }]);
  }

  private addressBucket(ip: string | undefined, limits: ThrottleLimits): ThrottleBucket {
    return { key: this.keys.of('address', networkOf(ip)), limit: limits.address };
  }

  private accountBuckets(
    account: string,
    ip: string | undefined,
    limits: ThrottleLimits,
  ): ThrottleBucket[] {
    return [
      {
        key: this.keys.of('account+address', account, networkOf(ip)),
        limit: limits.accountAndAddress,
      },
      { key: this.keys.of('account', account), limit: limits.account },
    ];
  }

  private async take(
    bucketsBy: (limits: ThrottleLimits) => readonly ThrottleBucket[],
  ): Promise<Admission> {
    const limits = this.options.throttle;
    if (limits === false) return FREE;
    const buckets = bucketsBy(limits);
    const id = this.entropy.bytes(ATTEMPT_ID_BYTES).toString('base64url');
    const attempt: ThrottleAttempt = { id, buckets, windowMs: limits.windowMs };
    const retryAfterSeconds = waitOf(await this.store.take(attempt));
    if (retryAfterSeconds !== undefined)
      throw new AuthError('throttled', 'too many failures', { retryAfterSeconds });
    return { attempt, giveBack: () => this.store.giveBack(attempt).catch(() => undefined) };
  }

  /** Gives back what an earlier request counted. Never throws. */
  async giveBackAll(attempts: readonly ThrottleAttempt[]): Promise<void> {
    await Promise.all(attempts.map((each) => this.store.giveBack(each).catch(() => undefined)));
  }
}
