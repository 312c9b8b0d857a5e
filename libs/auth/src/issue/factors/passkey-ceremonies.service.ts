import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { RegisteredCredential, RelyingParty } from '../../options/factor-options.js';
import type { PasskeyFactor } from '../../storage/factor.js';
import type { UserAccount } from '../../storage/user-directory.port.js';
import type { SubjectState } from '../../storage/subject.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.service.js';
import { FactorMethods } from './factor-methods.js';

/** Where an answer comes from. */
export interface CeremonyContext {
  /** Of the request; undefined where it cannot be told. */
  readonly origin: string | undefined;
  readonly client: ClientContext;
}

/** Options for the browser, and the ticket that goes back with its answer. */
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
/** At once, of one user and kind; an older one dies. */
const AT_MOST = 5;

/** Challenges and what comes back. A challenge is a one-time token: whatever becomes of the answer, it is spent. */
@Injectable()
export class PasskeyCeremonies {
  constructor(
    private readonly methods: FactorMethods,
    private readonly tokens: OneTimeTokens,
    private readonly events: AuthEventPublisher,
  ) {}

  /** For a sign-in without a name, or for a proof of somebody signed in. */
  async signInOptions(origin: string | undefined): Promise<CeremonyOptions> {
    const method = this.methods.needPasskeys();
    const rp = this.relyingParty(origin);
    const challenge = await this.challenge(SIGN_IN);
    return { ticket: challenge, options: await method.authenticationOptions(rp, undefined, challenge) };
  }

  /** For the second step that `ticket` waits for: the answer goes with that ticket. */
  async secondStepOptions(
    ticket: string,
    owner: Owner,
    passkeys: readonly PasskeyFactor[],
    origin: string | undefined,
  ): Promise<CeremonyOptions> {
    const method = this.methods.needPasskeys();
    const rp = this.relyingParty(origin);
    const challenge = await this.challenge(SECOND_STEP, owner, { ticket: digest(ticket) });
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
    return { ticket: challenge, options: await method.registrationOptions(rp, user, known, challenge) };
  }

  /** Undefined for an answer that is not accepted, and for a ticket of another user or kind. */
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
    return method.verifyRegistration(rp, response, ticket);
  }

  /** Whose passkey signed; undefined for what is not accepted. */
  async signedIn(
    ticket: string,
    response: unknown,
    context: CeremonyContext,
  ): Promise<PasskeyFactor | undefined> {
    if (!(await this.tokens.redeem(SIGN_IN, ticket))) return undefined;
    return this.asserted(ticket, response, context);
  }

  async secondStep(
    ticket: string,
    response: unknown,
    context: CeremonyContext,
  ): Promise<PasskeyFactor | undefined> {
    const challenge = challengeIn(response);
    const spent = challenge === undefined ? undefined : await this.tokens.redeem(SECOND_STEP, challenge);
    if (challenge === undefined || spent?.data['ticket'] !== digest(ticket)) return undefined;
    const factor = await this.asserted(challenge, response, context);
    return factor?.subject === spent.owner?.subject ? factor : undefined;
  }

  private async asserted(
    challenge: string,
    response: unknown,
    { origin, client }: CeremonyContext,
  ): Promise<PasskeyFactor | undefined> {
    const method = this.methods.needPasskeys();
    const rp = method.relyingParty(origin);
    const credentialId = textIn(response, 'id');
    if (!rp || credentialId === undefined) return undefined;
    const factor = await this.methods.needStore().findPasskey(credentialId);
    if (!factor || !isOwn(response, factor.subject)) return undefined;
    const assertion = await method.verifyAuthentication(rp, response, challenge, factor);
    if (!assertion) return undefined;
    if (await this.methods.needStore().usePasskey(factor.id, assertion))
      return { ...factor, backupEligible: assertion.backupEligible };
    const { subject: userId, id: factorId } = factor;
    this.events.publish({ type: 'passkey.counter_went_back', userId, factorId, ip: client.ip });
    return undefined;
  }

  private async challenge(kind: string, owner?: Owner, data = {}): Promise<string> {
    const owned = owner && {
      ...{ subject: owner.subject, epoch: owner.state.epoch },
      ...({ diesWith: 'sessions', atMost: AT_MOST } as const),
    };
    const token = await this.tokens.issue({ kind, owner: owned, data, ttlMs: TTL_MS });
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

/** RFC 8176: a key that can be copied is `swk`. A passkey with user verification is two factors. */
export function amrOf({ backupEligible }: PasskeyFactor): readonly string[] {
  return [backupEligible ? 'swk' : 'hwk', 'user', 'mfa'];
}

/** WebAuthn, section 14.6.1: nothing personal, 64 bytes at most. */
function handleOf(subject: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify(['tokenward/user-handle/1', subject]))
    .digest();
}

/** The handle that a discoverable credential brings is its user's. */
function isOwn(response: unknown, subject: string): boolean {
  const handle = textIn(memberOf(response, 'response'), 'userHandle');
  return handle === undefined || handle === handleOf(subject).toString('base64url');
}

function challengeIn(response: unknown): string | undefined {
  const encoded = textIn(memberOf(response, 'response'), 'clientDataJSON');
  try {
    return textIn(JSON.parse(Buffer.from(encoded ?? '', 'base64url').toString('utf8')), 'challenge');
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

function digest(ticket: string): string {
  return createHash('sha256').update(ticket, 'utf8').digest('base64url');
}
