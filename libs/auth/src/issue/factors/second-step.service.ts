import { Injectable } from '@nestjs/common';
import type { ClientContext } from '../../common/principal.js';
import type { SecondFactorDue, SecondFactorMethod, TokenDelivery } from '../../contract/index.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { counts, type PasskeyFactor } from '../../storage/factor.js';
import type { HostTransaction } from '../../storage/sql-transaction.port.js';
import type { Factors } from '../../storage/factor-store.port.js';
import type { SubjectState } from '../../storage/subject.js';
import type { ThrottleAttempt } from '../../storage/throttle-store.port.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.service.js';
import type { ProviderSignIn } from '../oidc/provider-logouts.service.js';
import type { SessionOpening } from '../sessions/session-opener.service.js';
import { ThrottledPasswordCheck } from '../users/throttled-password-check.service.js';
import { FactorMethods } from './factor-methods.js';

/** What a sign-in has proved so far, and what session it asks for. */
export type FirstStep = Omit<SessionOpening, 'authTime'> & {
  /** The signed device id of the request. */
  readonly device?: string;
  /** When the credential was proved. Default: now. */
  readonly provedAt?: Date;
};

/** What is stored with a ticket. */
export interface TicketData extends Readonly<Record<string, unknown>> {
  readonly transport: TokenDelivery;
  readonly persistent: boolean;
  readonly amr: readonly string[];
  /**
   * The counters that the first step increased; they are taken back when the second step succeeds.
   */
  readonly counted: readonly ThrottleAttempt[];
  /**
   * The claims of the session to open, as JSON text: `jsonb` refuses some strings that JSON allows.
   */
  readonly claims?: string;
  /** The key that the first step proved. */
  readonly provedKey?: string;
  readonly provider?: ProviderSignIn;
}

export interface LiveTicket {
  readonly subject: string;
  readonly state: SubjectState;
  readonly data: TicketData;
}

const KIND = 'second_factor';
const TTL_SECONDS = 300;
const TRIES = 5;
/** The most logins of one user that may wait for their second step; a further one replaces the oldest. */
const AT_MOST = 5;

/** Keeps a sign-in between its two steps. */
@Injectable()
export class SecondStep {
  constructor(
    private readonly methods: FactorMethods,
    private readonly tokens: OneTimeTokens,
    private readonly throttle: ThrottledPasswordCheck,
    private readonly events: AuthEventPublisher,
  ) {}

  /**
   * A ticket where the user has a second factor; undefined where the session may open; `superseded` where the user's
   * sessions were ended meanwhile. The first step counts as a failed login until the second one succeeds.
   */
  async due(
    step: FirstStep,
    client: ClientContext,
  ): Promise<SecondFactorDue | 'superseded' | undefined> {
    const { store } = this.methods;
    if (!store) return undefined;
    const { account, expected, device } = step;
    const factors = await store.of(account.id);
    if (!factors.all.some(counts)) return undefined;
    const { admissions } = await this.throttle.countOther(
      { account, subject: expected },
      { device, client },
    );
    const counted = admissions.flatMap(({ attempt }) => (attempt ? [attempt] : []));
    const ticket = await this.issue(step, counted, client).catch(async (error: unknown) => {
      await Promise.all(admissions.map((each) => each.giveBack()));
      throw error;
    });
    if (ticket === undefined) return 'superseded';
    const methods = this.methodsOf(factors);
    this.events.publish({
      type: 'login.second_factor_due',
      userId: account.id,
      methods,
      ip: client.ip,
      tenant: client.tenant,
    });
    return { next: 'second_factor', ticket, methods, expiresIn: TTL_SECONDS };
  }

  /** A ticket that keeps what the session needs. Undefined where the user's sessions were ended meanwhile. */
  private async issue(
    { account, expected, transport, persistent, amr, claims, provider, spend }: FirstStep,
    counted: TicketData['counted'],
    { provedKey }: ClientContext,
  ): Promise<string | undefined> {
    const data: TicketData = {
      transport,
      persistent,
      amr,
      counted,
      ...(claims && { claims: JSON.stringify(claims) }),
      ...(provedKey && { provedKey }),
      ...(provider && { provider }),
    };
    const issued = await this.tokens.issue({
      kind: KIND,
      data,
      ttlMs: TTL_SECONDS * 1000,
      tries: TRIES,
      owner: { subject: account.id, epoch: expected.epoch, diesWith: 'sessions', atMost: AT_MOST },
    });
    // an outage before this line leaves a ticket that nobody has
    if (issued !== undefined) await spend?.();
    return issued;
  }

  /** The user of a live ticket. It is not spent. */
  async read(ticket: string): Promise<LiveTicket | undefined> {
    return liveTicket(await this.tokens.read(KIND, ticket));
  }

  /** Uses up one of its five tries; undefined where none is left. */
  async attempt(ticket: string): Promise<LiveTicket | undefined> {
    return liveTicket(await this.tokens.attempt(KIND, ticket));
  }

  /** Spends the ticket: of any number of right answers exactly one gets it. */
  async redeem(ticket: string, tx?: HostTransaction): Promise<LiveTicket | undefined> {
    return liveTicket(await this.tokens.redeem(KIND, ticket, { tx }));
  }

  async passkeysOf(subject: string): Promise<readonly PasskeyFactor[]> {
    const { all } = await this.methods.needStore().of(subject);
    return all.filter((factor): factor is PasskeyFactor => factor.kind === 'passkey');
  }

  private methodsOf({ all, recoveryCodesLeft }: Factors): readonly SecondFactorMethod[] {
    const has = (kind: 'totp' | 'passkey') =>
      all.some((each) => each.kind === kind && counts(each));
    return [
      ...(this.methods.totp && has('totp') ? (['totp'] as const) : []),
      ...(recoveryCodesLeft > 0 ? (['recovery_code'] as const) : []),
      ...(this.methods.passkeys && has('passkey') ? (['passkey'] as const) : []),
    ];
  }
}

type Kept = Awaited<ReturnType<OneTimeTokens['read']>>;

function liveTicket(kept: Kept): LiveTicket | undefined {
  return kept?.owner && { ...kept.owner, data: kept.data as TicketData };
}
