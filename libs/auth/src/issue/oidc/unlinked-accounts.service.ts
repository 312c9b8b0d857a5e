import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { IdentityKey } from '../../storage/identity-store.port.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.service.js';

const KIND = 'oidc_account';
const TTL_MS = 30 * 86_400_000;

/**
 * Accounts that were made for a person of a provider and are not linked yet. The user directory may be in another
 * database, so making and linking are two transactions: a process that dies in between would leave an account that its
 * own identity cannot open. Such an account is recognised by the hash of its password, which nobody knows; once its
 * owner has set a password it no longer is one.
 */
@Injectable()
export class UnlinkedAccounts {
  constructor(private readonly tokens: OneTimeTokens) {}

  /** To be called before the account is made. */
  async note(identity: IdentityKey, passwordHash: string): Promise<void> {
    await this.tokens.isFirstUse(KIND, nameOf(identity, passwordHash), TTL_MS);
  }

  async isOf(identity: IdentityKey, passwordHash: string | undefined): Promise<boolean> {
    if (passwordHash === undefined) return false;
    return (await this.tokens.read(KIND, nameOf(identity, passwordHash))) !== undefined;
  }

  /** To be called once it is linked. */
  async forget(identity: IdentityKey, passwordHash: string): Promise<void> {
    await this.tokens.redeem(KIND, nameOf(identity, passwordHash));
  }
}

function nameOf({ issuer, issuerSubject }: IdentityKey, passwordHash: string): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, issuerSubject, passwordHash]))
    .digest('base64url');
}
