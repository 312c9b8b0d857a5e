import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext } from '../../common/principal.js';
import type { SubjectState } from '../../storage/subject.js';
import type { TokenDelivery } from '../../contract/index.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { Identifiers } from '../users/identifiers.service.js';
import { PasswordVerifier } from '../users/password-verifier.service.js';
import { SecondFactor } from '../users/second-factor.port.js';
import type { LoginCandidate } from '../../storage/user-directory.port.js';
import type { LoginResult } from '../tokens/issued-tokens.js';
import { ThrottledPasswordCheck } from '../users/throttled-password-check.service.js';
import { SessionOpener } from '../sessions/session-opener.service.js';

export interface LoginInput {
  /** An email, or what the option `identifier` names; as it was typed. */
  readonly identifier: string;
  readonly password: string;
  readonly rememberMe?: boolean;
  readonly transport?: TokenDelivery;
  /** The signed device id of an earlier login. */
  readonly device?: string;
}

type Verified = LoginCandidate & { readonly subject: SubjectState };

/** Identifier and password → session and tokens. Every refusal is the same to whoever asks. */
@Injectable()
export class LoginFlow {
  constructor(
    private readonly passwords: ThrottledPasswordCheck,
    private readonly identifiers: Identifiers,
    private readonly verifier: PasswordVerifier,
    private readonly secondFactor: SecondFactor,
    private readonly opener: SessionOpener,
    private readonly events: AuthEventPublisher,
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
  ) {}

  async login(input: LoginInput, client: ClientContext): Promise<LoginResult> {
    const transport = this.transportOf(input);
    const identifier = this.identifiers.normalise(input.identifier);
    const asOfMs = this.clock.now();
    const { outcome, deviceId } = await this.passwords.check({
      identifier,
      password: input.password,
      find: () => this.verifier.find(identifier, client.tenant),
      rehash: 'replace',
      device: input.device,
      client,
    });
    if (outcome.kind === 'refused') {
      this.events.publish({
        type: 'login.failed',
        reason: outcome.reason,
        userId: outcome.userId,
        ip: client.ip,
        tenant: client.tenant,
      });
      throw new AuthError('login_refused', outcome.reason);
    }

    const { account, subject }: Verified = outcome.candidate;
    if ((await this.secondFactor.ask(account, client)) === 'needed') {
      this.events.publish({
        type: 'login.failed',
        reason: 'second_factor',
        userId: account.id,
        ip: client.ip,
        tenant: client.tenant,
      });
      throw new AuthError('second_factor_required', 'the host asks for a second factor');
    }

    const result = await this.opener.open(
      {
        account,
        expected: subject,
        transport,
        persistent: input.rememberMe ?? false,
        authTime: new Date(asOfMs),
        amr: ['pwd'],
        asOfMs,
        deviceId,
      },
      client,
    );
    if (result === 'superseded') {
      this.events.publish({
        type: 'login.failed',
        reason: 'superseded',
        userId: account.id,
        ip: client.ip,
        tenant: client.tenant,
      });
      throw new AuthError('login_refused', 'the sessions of the user were ended meanwhile');
    }
    return result;
  }

  private transportOf(input: LoginInput): TokenDelivery {
    const { allowed, default: fallback } = this.options.transports;
    const transport = input.transport ?? fallback;
    if (!allowed.includes(transport))
      throw new AuthError('transport_not_allowed', 'the host does not allow it', {
        fields: { transport: `must be one of ${allowed.join(', ')}` },
      });
    return transport;
  }
}
