import { Injectable } from '@nestjs/common';
import { networkOf } from '../../common/address.js';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { accountKey, accountKeyOf, signInName } from './account-key.js';
import {
  type PasswordOutcome,
  PasswordVerifier,
  type VerifiedCandidate,
} from './password-verifier.service.js';
import { DeviceIds } from './device-id.js';
import { type Admission, givingBack, LoginThrottle } from './login-throttle.service.js';

export interface PasswordToCheck {
  /** What was typed, or the user's own email. It names the account's counters before the account is looked up. */
  readonly identifier: string;
  readonly password: string;
  /** Looks the user up after the try was counted. */
  readonly find: () => Promise<VerifiedCandidate | undefined>;
  /** What happens to a hash with outdated parameters. */
  readonly rehash: 'replace' | 'keep';
  /** The signed device id of the request. */
  readonly device?: string;
  readonly client: ClientContext;
}

export interface CheckedPassword {
  readonly outcome: PasswordOutcome;
  /** The id of a device that has signed in to the account before. */
  readonly deviceId?: string;
}

/** A try at an account, with a password or something else. */
type Attempt = Pick<PasswordToCheck, 'identifier' | 'find' | 'device' | 'client'>;

type Refused = Extract<PasswordOutcome, { kind: 'refused' }>;

/** A try that has been counted in every bucket that it belongs to. */
interface Admitted {
  readonly candidate: VerifiedCandidate | undefined;
  readonly admissions: readonly Admission[];
  /** The name that the hash takes its turn under. Strangers at an account and its known devices have separate turns. */
  readonly turnOf: string;
  readonly deviceId?: string;
  /** The account is locked for strangers under its own name, but not under the typed one. */
  readonly closed?: true;
}

/**
 * Every comparison of a password. The try is counted before the user is looked up, and given back
 * if the password was right or was not compared.
 */
@Injectable()
export class ThrottledPasswordCheck {
  constructor(
    private readonly throttle: LoginThrottle,
    private readonly verifier: PasswordVerifier,
    private readonly devices: DeviceIds,
    private readonly events: AuthEventPublisher,
  ) {}

  /** Throws `throttled`, or `login_refused` if `throttled` would reveal that the account exists. */
  async check(attempt: PasswordToCheck): Promise<CheckedPassword> {
    const { password, rehash, client } = attempt;
    const admitted = await this.admit(attempt);
    const { candidate, deviceId, admissions, turnOf } = admitted;
    const turn = { account: turnOf, address: networkOf(client.ip) };
    const giveBack = () => Promise.all(admissions.map((each) => each.giveBack()));
    try {
      if (admitted.closed) {
        await this.verifier.checkNothing(password, turn);
        this.tellThrottled(client, candidate?.account.id);
        throw new AuthError('login_refused', 'too many failures of the account under its own name');
      }
      const outcome = await this.verifier.check(candidate, password, { rehash, turn });
      if (outcome.kind === 'verified') await giveBack();
      else this.tellUnusable(outcome, client);
      return { outcome, deviceId };
    } catch (error) {
      if (!admitted.closed) await giveBack();
      throw error;
    }
  }

  /**
   * A try of a user who is already known by something else than the password. It is counted in the
   * same way until the caller gives it back. Throws `throttled`.
   */
  async countOther(
    candidate: VerifiedCandidate,
    { device, client }: Pick<PasswordToCheck, 'device' | 'client'>,
  ): Promise<Pick<Admitted, 'admissions' | 'deviceId'>> {
    const { account } = candidate;
    const find = () => Promise.resolve(candidate);
    // an empty email would be shared by all users without one; and the sender chooses the tenant of
    // a request, so each new tenant would be a new bucket
    const { tenant } = account;
    return this.admit({
      identifier: signInName(account),
      find,
      device,
      client: { ...client, tenant },
    });
  }

  private async admit(attempt: Attempt): Promise<Admitted> {
    try {
      return await this.admitDevice(attempt);
    } catch (error) {
      if (isThrottled(error)) this.tellThrottled(attempt.client);
      throw error;
    }
  }

  /**
   * A device is trusted only after its user was looked up. The look-up counts against the device; a
   * made-up device id causes none.
   */
  private async admitDevice(attempt: Attempt): Promise<Admitted> {
    const presented = this.devices.genuine(attempt.device);
    if (presented === undefined) return this.admitStranger(attempt, attempt.find);
    const own = await this.throttle
      .admitDevice(presented, attempt.client.tenant)
      .catch((error: unknown) => ({ refusal: error }));
    if ('refusal' in own) return this.admitUsedUp(attempt, own.refusal);
    const candidate = await givingBack(own, attempt.find);
    const userId = candidate?.account.id;
    const deviceId = this.knownId(attempt, candidate);
    // the device belongs to another account: its try stays counted, so that it cannot cause
    // look-ups without limit
    if (userId === undefined || deviceId === undefined)
      return this.admitStranger(attempt, () => Promise.resolve(candidate));
    const shared = await this.throttle
      .admitKnownDevice(deviceId, userId)
      .catch(async (error: unknown) => {
        // the account was looked up, so that the try stays counted
        if (!isThrottled(error)) await own.giveBack();
        throw error;
      });
    return {
      candidate,
      deviceId,
      admissions: [own, shared],
      turnOf: `known devices of ${userId}`,
    };
  }

  /**
   * The device's tries may be those of another account: of whoever used the browser before, or who planted the cookie
   * from a sibling subdomain. They lock that account alone. Of that account the look-up stays counted against the
   * address.
   */
  private async admitUsedUp(attempt: Attempt, refusal: unknown): Promise<Admitted> {
    if (!isThrottled(refusal)) throw refusal;
    const admitted = await this.admitStranger(attempt, attempt.find);
    if (this.knownId(attempt, admitted.candidate) === undefined) return admitted;
    await Promise.all(admitted.admissions.map((each) => each.giveBack()));
    await this.throttle.admitLookUp(attempt.client.ip);
    throw refusal;
  }

  private knownId({ device }: Attempt, of: VerifiedCandidate | undefined): string | undefined {
    return of && this.devices.knownId(device, of.account.id, of.subject.epoch);
  }

  private async admitStranger(
    { identifier, client }: Attempt,
    find: Attempt['find'],
  ): Promise<Admitted> {
    const typed = accountKey(identifier, client.tenant);
    const admission = await this.throttle.admit(typed, client.ip);
    const candidate = await givingBack(admission, find);
    const stranger = { candidate, admissions: [admission], turnOf: typed };
    const name = candidate && accountKeyOf(candidate.account, client.tenant);
    if (name === undefined || name === typed) return stranger;
    // the directory knows the account by another name: the try counts under both, and a 429 under
    // this name would reveal that the account exists
    try {
      const more = await this.throttle.admitAccount(name, client.ip);
      return { ...stranger, admissions: [admission, more], turnOf: name };
    } catch (error) {
      if (isThrottled(error)) return { ...stranger, turnOf: name, closed: true };
      await admission.giveBack();
      throw error;
    }
  }

  /** The owner can no longer sign in, and only an operator can fix the hash. */
  private tellUnusable({ userId, hash: reason }: Refused, { ip, tenant }: ClientContext): void {
    if (userId !== undefined && reason)
      this.events.publish({ type: 'password.hash_unusable', userId, reason, ip, tenant });
  }

  private tellThrottled({ ip, tenant }: ClientContext, userId?: string): void {
    this.events.publish({ type: 'login.throttled', ip, userId, tenant });
  }
}

function isThrottled(error: unknown): boolean {
  return error instanceof AuthError && error.reason === 'throttled';
}
