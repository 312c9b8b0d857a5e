import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext } from '../../common/principal.js';
import { isVisible } from '../../common/visible-text.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { OidcPerson } from '../../options/oidc-options.js';
import { type UserAccount, UserDirectory } from '../../storage/user-directory.port.js';
import type { Provider } from '../factors/factor-methods.js';
import { Announcer } from '../sessions/announcer.service.js';
import { normaliseEmail } from '../../common/normalise-email.js';
import { Identifiers } from '../users/identifiers.service.js';
import { NewPasswords } from '../users/new-passwords.service.js';
import { PasswordVerifier, type VerifiedCandidate } from '../users/password-verifier.service.js';
import { RegistrationFields } from '../users/registration-fields.service.js';
import { UnlinkedAccounts } from './unlinked-accounts.service.js';

type Links = Pick<Provider, 'identities' | 'method'>;

/**
 * Which account a person of a provider opens. The same email is not enough: either the owner has linked the provider,
 * or both sides have verified the email and the host allows it.
 */
@Injectable()
export class IdentityAccounts {
  constructor(
    private readonly users: UserDirectory,
    private readonly verifier: PasswordVerifier,
    private readonly identifiers: Identifiers,
    private readonly fields: RegistrationFields,
    private readonly newPasswords: NewPasswords,
    private readonly unlinked: UnlinkedAccounts,
    private readonly announcer: Announcer,
    private readonly events: AuthEventPublisher,
  ) {}

  /** Throws `login_refused`. */
  async of(links: Links, person: OidcPerson, client: ClientContext): Promise<VerifiedCandidate> {
    const subject =
      (await links.identities.find(person))?.subject ??
      (await this.newcomer(links, person, client));
    // an identity is the same for all tenants, but its user belongs to one
    const owner = await this.verifier.findSigner(subject, client.tenant);
    // a reset or an unlinking since the first look removes the identity, and the user was read after it
    if ((await links.identities.find(person))?.subject !== subject)
      throw refused('the identity is gone');
    if (owner.kind === 'refused') throw refused(`the user is ${owner.reason}`);
    return owner.candidate;
  }

  /** Throws `login_refused` where the identity belongs to another user already, or the user changed meanwhile. */
  async link(
    { identities }: Pick<Links, 'identities'>,
    { account, subject: expected }: Pick<VerifiedCandidate, 'account' | 'subject'>,
    { issuer, issuerSubject, email }: OidcPerson,
    by: { readonly sessionId?: string; readonly actorId?: string } = {},
  ): Promise<void> {
    const proven = account.emailVerified === true;
    const identity = { issuer, issuerSubject, proven, ...(email !== undefined && { email }) };
    const act = { kind: 'identity_linked', identity } as const;
    const outcome = await identities.change({ subject: account.id, expected, ...by, act });
    if (outcome.kind !== 'changed') throw refused(`linking the identity: ${outcome.kind}`);
    await this.announcer.announce(outcome);
  }

  private async newcomer(links: Links, person: OidcPerson, client: ClientContext): Promise<string> {
    const email = emailOf(person);
    if (email === undefined) throw refused('unknown, and the provider does not tell an email');
    if (!this.identifiers.canMean(client.tenant)) throw refused('the request names no tenant');
    const there = await this.verifier.ownerOf(email, client.tenant);
    if (there === 'several') throw refused('several users have the email');
    const { createAccounts, linkByVerifiedEmail } = links.method;
    if (there && (await this.isUnfinished(person, there)))
      return this.finish(links, person, there, client);
    if (there) {
      if (!linkByVerifiedEmail || !person.emailVerified || !there.account.emailVerified)
        throw refused('the email has an account, which its owner did not link');
      // another spelling may be another mailbox
      if (there.account.email.toLowerCase() !== email)
        throw refused('the account has another spelling of the email');
      await this.link(links, there, person);
      return there.account.id;
    }
    if (!createAccounts) throw refused('unknown, and oidc.createAccounts is off');
    const account = await this.created(person, email, client);
    const candidate = await this.verifier.findById(account.id);
    if (!candidate) throw refused('the user is gone');
    return this.finish(links, person, candidate, client);
  }

  /**
   * Whether the account was made for this person, and its owner has not set a password since. An email that was
   * verified here since must be verified by the provider, too.
   */
  private async isUnfinished(person: OidcPerson, there: VerifiedCandidate): Promise<boolean> {
    if (there.account.emailVerified && !person.emailVerified) return false;
    return this.unlinked.isOf(person, there.passwordHash);
  }

  /** The second half of making an account. The first half may be of an earlier sign-in that was interrupted. */
  private async finish(
    links: Links,
    person: OidcPerson,
    candidate: VerifiedCandidate,
    { ip }: ClientContext,
  ): Promise<string> {
    const { account, passwordHash } = candidate;
    const { id: userId, email, tenant } = account;
    const isNews = person.emailVerified && !account.emailVerified;
    const verified =
      isNews && (await this.users.accounts?.verifyEmail(userId, email.toLowerCase()));
    if (verified) this.events.publish({ type: 'email.verified', userId, ip, tenant });
    const emailVerified = account.emailVerified || verified;
    await this.link(links, { ...candidate, account: { ...account, emailVerified } }, person);
    if (passwordHash !== undefined) await this.unlinked.forget(person, passwordHash);
    return userId;
  }

  private async created(
    person: OidcPerson,
    email: string,
    client: ClientContext,
  ): Promise<UserAccount> {
    const fields = await this.fields.read({});
    const { ip, tenant } = client;
    const name = nameOf(person);
    const passwordHash = await this.newPasswords.hashOfNobody();
    await this.unlinked.note(person, passwordHash);
    const outcome = await this.users.create?.({
      email,
      passwordHash,
      ...(name !== undefined && { name }),
      ...(tenant !== undefined && { tenant }),
      ...(fields && { fields }),
    });
    // another process may have made the account of the same person first
    if (outcome?.kind !== 'created') throw refused('the email was taken meanwhile');
    this.events.publish({ type: 'user.registered', userId: outcome.account.id, ip, tenant });
    return outcome.account;
  }
}

/**
 * The rule for emails at a registration (contract, section 8), since no form has checked what a provider says. It comes
 * before NFKC, which would turn the verified address into that of another mailbox.
 */
function emailOf({ email }: OidcPerson): string | undefined {
  const rule = z
    .string()
    .refine(isVisible)
    .max(320)
    .trim()
    .regex(z.regexes.html5Email)
    .transform(normaliseEmail);
  const read = rule.safeParse(email);
  return read.success ? read.data : undefined;
}

function nameOf({ name }: OidcPerson): string | undefined {
  const trimmed = name?.trim();
  return trimmed && trimmed.length <= 200 && isVisible(trimmed) ? trimmed : undefined;
}

function refused(detail: string): AuthError {
  return new AuthError('login_refused', detail);
}
