import { Injectable } from '@nestjs/common';
import { networkOf } from '../../common/address.js';
import { Entropy } from '../../common/entropy.js';
import { PasswordHasher } from './password-hasher.service.js';
import { type PasswordContext, PasswordPolicy } from './password-policy.service.js';

/** The hashes of passwords that an account gets. */
@Injectable()
export class NewPasswords {
  constructor(
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
    private readonly entropy: Entropy,
  ) {}

  /**
   * The hash of a password that a user chose. Throws `password_unacceptable` if the policy does not accept it.
   * `account` and the network of `ip` name who asks, for the queue of hashes.
   */
  async hash(
    password: string,
    context: PasswordContext,
    { account, ip }: { readonly account: string; readonly ip: string | undefined },
  ): Promise<string> {
    await this.policy.check(password, context);
    return this.hasher.hash(password, { account, address: networkOf(ip) });
  }

  /** The hash of a random password, which nobody knows. The owner of the account may set one by a reset. */
  hashOfNobody(): Promise<string> {
    return this.hasher.hash(this.entropy.bytes(32).toString('base64url'));
  }
}
