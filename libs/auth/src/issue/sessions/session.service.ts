import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Entropy } from '../../common/entropy.js';
import type { ClientContext } from '../../common/principal.js';
import type { SubjectState } from '../../storage/subject.js';
import type { Transport } from '../../contract/index.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { RefreshSecrets } from './refresh-secrets.js';
import { hashSecret, openRefreshToken, writeRefreshToken, type OpenedRefreshToken } from './refresh-token.js';
import type { SessionState } from '../../storage/session.js';
import {
  type Alongside,
  type OpenOutcome,
  type ReplaceOutcome,
  SessionStore,
} from '../../storage/session-store.port.js';

export interface OpenSessionInput {
  readonly sessionId: string;
  readonly subject: string;
  readonly expected: SubjectState;
  readonly transport: Transport;
  readonly persistent: boolean;
  readonly authTime: Date;
  readonly amr: readonly string[];
  readonly knownDevice?: boolean;
}

export interface ReplaceSecretInput {
  readonly sessionId: string;
  readonly subject: string;
  readonly expected: SubjectState;
  /** A refresh token that came along; it must be the session's current one. */
  readonly presented?: string;
}

export type WithToken<Outcome> = Outcome extends { kind: 'opened' | 'replaced' }
  ? Outcome & { readonly refreshToken: string }
  : Outcome;

const SECRET_BYTES = 32;

/** Opens sessions and replaces their secrets; refreshing is `RotationService`. */
@Injectable()
export class SessionService {
  constructor(
    private readonly store: SessionStore,
    private readonly ring: RefreshSecrets,
    private readonly options: ResolvedAuthOptions,
    private readonly entropy: Entropy,
  ) {}

  inspect(refreshToken: string): OpenedRefreshToken {
    return openRefreshToken(this.ring, refreshToken);
  }

  async open(input: OpenSessionInput, client: ClientContext): Promise<WithToken<OpenOutcome>> {
    const { refreshToken: ttl, sessions } = this.options;
    const secret = this.entropy.bytes(SECRET_BYTES);
    const outcome = await this.store.open({
      ...input,
      id: input.sessionId,
      tokenHash: hashSecret(secret),
      idleTtlMs: input.persistent ? ttl.rememberMeTtlMs : ttl.ttlMs,
      absoluteTtlMs: ttl.absoluteTtlMs,
      maxPerUser: sessions.maxPerUser,
      ip: client.ip,
      userAgent: client.userAgent,
    });
    if (outcome.kind !== 'opened') return outcome;
    const { id, generation } = outcome.session;
    return { ...outcome, refreshToken: writeRefreshToken(this.ring.minting, id, generation, secret) };
  }

  /** Reauthentication: a random successor, because none was asked for with the token itself. */
  async reauthenticated(input: ReplaceSecretInput): Promise<WithToken<ReplaceOutcome>> {
    const { secret, replacement } = this.replacement(input);
    return this.withToken(await this.store.replace({ ...replacement, cause: 'reauthenticate' }), secret);
  }

  /** Password change: as above, and every other session ends in the same transaction, `alongside` included. */
  async passwordChanged(input: ReplaceSecretInput, alongside: Alongside): Promise<WithToken<ReplaceOutcome>> {
    const { secret, replacement } = this.replacement(input);
    const outcome = await this.store.replaceAndEndOthers({ ...replacement, cause: 'password' }, alongside);
    return this.withToken(outcome, secret);
  }

  private replacement(input: ReplaceSecretInput) {
    const secret = this.entropy.bytes(SECRET_BYTES);
    const { ttlMs, rememberMeTtlMs } = this.options.refreshToken;
    const { presented, ...rest } = input;
    return {
      secret,
      replacement: {
        ...rest,
        presented: presented === undefined ? undefined : this.currentOf(presented, input.sessionId),
        nextHash: hashSecret(secret),
        ttlMs,
        rememberMeTtlMs,
      },
    };
  }

  /** A token of another session beside this access token is a mix-up or an attack: refused either way. */
  private currentOf(token: string, sessionId: string) {
    const opened = this.inspect(token);
    if (opened.kind === 'junk' || opened.sessionId !== sessionId)
      throw new AuthError('token_refused', 'the refresh token is not of the session of the access token', {
        cookies: 'keep',
      });
    return { generation: opened.generation, hash: hashSecret(opened.secret) };
  }

  private withToken(outcome: ReplaceOutcome, secret: Buffer): WithToken<ReplaceOutcome> {
    if (outcome.kind !== 'replaced') return outcome;
    const { id, generation }: SessionState['session'] = outcome.session;
    return { ...outcome, refreshToken: writeRefreshToken(this.ring.minting, id, generation, secret) };
  }
}
