import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import { Entropy } from '../../common/entropy.js';
import { saidYes } from '../../common/said-yes.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { RegisteredCredential, RelyingParty } from '../../options/factor-options.js';
import type { PasskeyFactor } from '../../storage/factor.js';
import type { UserAccount } from '../../storage/user-directory.port.js';
import type { SubjectState } from '../../storage/subject.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.service.js';
import { RefreshSecrets } from '../sessions/refresh-secrets.js';
import { FactorMethods } from './factor-methods.js';
import { isLiveSignInChallenge, mintSignInChallenge } from './sign-in-challenge.js';

/** Where the answer of a browser comes from. */
export interface CeremonyContext {
  /** The origin of the request; undefined where it is not known. */
  readonly origin: string | undefined;
  readonly client: ClientContext;
}

/** Options for the browser, and the ticket that the browser sends back with its answer. */
export interface CeremonyOptions {
  readonly ticket: string;
  readonly options: object;
}

interface Owner {
  readonly subject: string;
  readonly state: SubjectState;
}

const TTL_MS = 5 * 60_000;
const SIGN_IN = 'passkey_sign_in';
const SECOND_STEP = 'passkey_second_step';
const REGISTER = 'passkey_register';
/** The most open challenges of one user and kind; a further one replaces the oldest. */
const AT_MOST = 5;
/** WebAuthn, section 4: a credential id has at most 1,023 bytes. */
const CREDENTIAL_ID = /^[A-Za-z0-9_-]{1,1364}$/;

/**
 * Challenges, and the check of their answers. A challenge is spent whether the answer is accepted or not. The challenge
 * of a registration is a one-time token. That of a sign-in is signed and not stored, so asking for challenges writes
 * nothing and cannot push out those of others.
 */
@Injectable()
export class PasskeyCeremonies {
  constructor(
    private readonly methods: FactorMethods,
    private readonly tokens: OneTimeTokens,
    private readonly ring: RefreshSecrets,
    private readonly entropy: Entropy,
    private readonly clock: Clock,
    private readonly events: AuthEventPublisher,
  ) {}

  /** For a sign-in without an identifier, or for a signed-in user who proves a credential again. */
  async signInOptions(origin: string | undefined): Promise<CeremonyOptions> {
    const method = this.methods.needPasskeys();
    const rp = this.relyingParty(origin);
    const challenge = this.signed();
    return {
      ticket: challenge,
      options: await method.authenticationOptions(rp, undefined, challenge),
    };
  }

  /** For the second step of `ticket`; the answer is sent with the same ticket. */
  async secondStepOptions(
    ticket: string,
    passkeys: readonly PasskeyFactor[],
    origin: string | undefined,
  ): Promise<CeremonyOptions> {
    const method = this.methods.needPasskeys();
    const rp = this.relyingParty(origin);
    const challenge = this.signed(ticket);
    return { ticket, options: await method.authenticationOptions(rp, passkeys, challenge) };
  }

  async registerOptions(
    { id: subject, email, name }: UserAccount,
    state: SubjectState,
    known: readonly PasskeyFactor[],
    origin: string | undefined,
  ): Promise<CeremonyOptions> {
    const method = this.methods.needPasskeys();
    const rp = this.relyingParty(origin);
    const challenge = await this.challenge(REGISTER, { subject, state });
    const user = { handle: handleOf(subject), name: email, displayName: name ?? email };
    return {
      ticket: challenge,
      options: await method.registrationOptions(rp, user, known, challenge),
    };
  }

  /** Undefined where the answer is not accepted, or the ticket is of another user or kind. */
  async registered(
    subject: string,
    ticket: string,
    response: unknown,
    { origin }: CeremonyContext,
  ): Promise<RegisteredCredential | undefined> {
    const method = this.methods.needPasskeys();
    const spent = await this.tokens.redeem(REGISTER, ticket);
    const rp = method.relyingParty(origin);
    if (spent?.owner?.subject !== subject || !rp) return undefined;
    const made = await method.verifyRegistration(rp, response, ticket);
    // WebAuthn allows no longer id, and an index could not hold it
    return made && CREDENTIAL_ID.test(made.credentialId) ? made : undefined;
  }

  /**
   * The passkey that signed; undefined where the answer is not accepted. `found` runs before the passkey is checked: a
   * sign-out or a removal after what it read of the user is seen when the session opens.
   */
  async signedIn(
    ticket: string,
    response: unknown,
    context: CeremonyContext,
    found?: (subject: string) => Promise<void>,
  ): Promise<PasskeyFactor | undefined> {
    if (!(await this.isFirstAnswer(SIGN_IN, ticket))) return undefined;
    return this.asserted(ticket, response, context, found);
  }

  /** The passkey that signed the challenge of this ticket. The caller compares whose passkey it is. */
  async secondStep(
    ticket: string,
    response: unknown,
    context: CeremonyContext,
  ): Promise<PasskeyFactor | undefined> {
    const challenge = challengeIn(response);
    if (challenge === undefined) return undefined;
    if (!(await this.isFirstAnswer(SECOND_STEP, challenge, ticket))) return undefined;
    return this.asserted(challenge, response, context);
  }

  private signed(ticket?: string): string {
    return mintSignInChallenge(this.ring, this.clock.now() + TTL_MS, this.entropy, ticket);
  }

  private async isFirstAnswer(kind: string, challenge: string, ticket?: string): Promise<boolean> {
    if (!isLiveSignInChallenge(this.ring, challenge, this.clock.now(), ticket)) return false;
    // remembered twice as long, because the database's clock may be ahead of this one
    return this.tokens.isFirstUse(kind, challenge, 2 * TTL_MS);
  }

  private async asserted(
    challenge: string,
    response: unknown,
    { origin, client }: CeremonyContext,
    found?: (subject: string) => Promise<void>,
  ): Promise<PasskeyFactor | undefined> {
    const method = this.methods.needPasskeys();
    const store = this.methods.needStore();
    const rp = method.relyingParty(origin);
    const credentialId = textIn(response, 'id');
    if (!rp || credentialId === undefined || !CREDENTIAL_ID.test(credentialId)) return undefined;
    const factor = await store.findPasskey(credentialId);
    if (!factor || !isOwn(response, factor.subject)) return undefined;
    await found?.(factor.subject);
    const assertion = await method.verifyAuthentication(rp, response, challenge, factor);
    if (!assertion) return undefined;
    if (saidYes('usePasskey', await store.usePasskey(factor.id, assertion)))
      return { ...factor, backupEligible: assertion.backupEligible };
    // removed meanwhile: no counter went back
    if (!(await store.findPasskey(credentialId))) return undefined;
    const { subject: userId, id: factorId } = factor;
    const { ip, tenant } = client;
    this.events.publish({ type: 'passkey.counter_went_back', userId, factorId, ip, tenant });
    return undefined;
  }

  private async challenge(kind: string, { subject, state }: Owner): Promise<string> {
    const owner = {
      subject,
      epoch: state.epoch,
      ...({ diesWith: 'sessions', atMost: AT_MOST } as const),
    };
    const token = await this.tokens.issue({ kind, owner, ttlMs: TTL_MS });
    if (token !== undefined) return token;
    throw new AuthError('token_refused', 'the sessions of the user were ended meanwhile', {
      cookies: 'keep',
    });
  }

  private relyingParty(origin: string | undefined): RelyingParty {
    const rp = this.methods.needPasskeys().relyingParty(origin);
    if (rp) return rp;
    throw new AuthError('input_invalid', 'no relying party for this origin', {
      fields: { host: 'passkeys need https, or http://localhost, and a domain name' },
    });
  }
}

/**
 * RFC 8176: a key that can be copied is `swk`, another one `hwk`. A passkey with user verification counts as two
 * factors (`mfa`).
 */
export function amrOf({ backupEligible }: PasskeyFactor): readonly string[] {
  return [backupEligible ? 'swk' : 'hwk', 'user', 'mfa'];
}

/** WebAuthn, section 14.6.1: no personal data, at most 64 bytes. */
function handleOf(subject: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify(['tokenward/user-handle/1', subject]))
    .digest();
}

/** The user handle of a discoverable credential must be that of its owner. */
function isOwn(response: unknown, subject: string): boolean {
  const handle = textIn(memberOf(response, 'response'), 'userHandle');
  return handle === undefined || handle === handleOf(subject).toString('base64url');
}

function challengeIn(response: unknown): string | undefined {
  const encoded = textIn(memberOf(response, 'response'), 'clientDataJSON');
  try {
    return textIn(
      JSON.parse(Buffer.from(encoded ?? '', 'base64url').toString('utf8')),
      'challenge',
    );
  } catch {
    return undefined;
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function textIn(value: unknown, name: string): string | undefined {
  const member = memberOf(value, name);
  return typeof member === 'string' ? member : undefined;
}
