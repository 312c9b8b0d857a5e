import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Entropy } from '../../common/entropy.js';
import type { ClientContext } from '../../common/principal.js';
import type { SubjectState } from '../../storage/subject.js';
import type { TokenDelivery } from '../../contract/index.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { RefreshSecrets } from './refresh-secrets.js';
import {
  hashSecret,
  openRefreshToken,
  writeRefreshToken,
  type GenuineRefreshToken,
  type OpenedRefreshToken,
} from './refresh-token.js';
import type { RetryKey } from './retry-key.js';
import { isRetry } from './rotation-outcome.js';
import type { OpeningLimits } from './session-limits.service.js';
import { together, type Work } from './work-together.js';
import { successorAgain, successorSecret, type SuccessorSource } from './successor.js';
import type { CustomClaims } from '../../verify/tokens/custom-claims.js';
import type { NewSession, SessionState } from '../../storage/session.js';
import {
  type OpenOutcome,
  type ReplaceOutcome,
  SessionStore,
} from '../../storage/session-store.port.js';

export interface OpenSessionInput extends OpeningLimits {
  readonly sessionId: string;
  readonly subject: string;
  readonly expected: SubjectState;
  readonly transport: TokenDelivery;
  readonly persistent: boolean;
  readonly authTime: Date;
  readonly amr: readonly string[];
  readonly knownDevice?: boolean;
  readonly tenant?: string;
  /** Who acts as the user, with the counters that were read together with that right. */
  readonly actor?: NewSession['actor'];
  /** Kept with the session, for each of its tokens. */
  readonly claims?: CustomClaims;
  readonly bound?: NewSession['bound'];
  /** Default: the session needs no key. */
  readonly registerWithinMs?: number;
  /** The sign-in at a provider that identified the user. */
  readonly provider?: NewSession['provider'];
}

export interface ReplaceSecretInput {
  readonly sessionId: string;
  readonly subject: string;
  readonly expected: SubjectState;
  /** How the person proved a credential (RFC 8176). */
  readonly amr: readonly string[];
  readonly authTime: Date;
  /** A refresh token that came with the request; it must be the session's current one. */
  readonly presented?: string;
  /** With this key, a repeat of the replacement is recognised. */
  readonly key?: RetryKey;
}

export type WithToken<Outcome> = Outcome extends { kind: 'opened' | 'replaced' }
  ? Outcome & { readonly refreshToken: string }
  : Outcome;

const SECRET_BYTES = 32;
const NONCE_BYTES = 16;

/** Opens sessions and replaces their secrets. `RotationService` does the refreshing. */
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

  async open(
    input: OpenSessionInput,
    client: ClientContext,
    work?: Work,
  ): Promise<WithToken<OpenOutcome>> {
    const secret = this.entropy.bytes(SECRET_BYTES);
    const { ip, userAgent } = client;
    const session = {
      ...input,
      id: input.sessionId,
      tokenHash: hashSecret(secret),
      ip,
      userAgent,
    };
    const outcome = await together(
      work,
      (given) => this.store.open(session, { work: given }),
      ({ kind }) => kind === 'opened',
    );
    if (outcome.kind !== 'opened') return outcome;
    const { id, generation } = outcome.session;
    return {
      ...outcome,
      refreshToken: writeRefreshToken(this.ring.minting, id, generation, secret),
    };
  }

  /**
   * Reauthentication, in one transaction with `work`. A repeat with the same key gets the same successor, and does no
   * `work`.
   */
  async reauthenticated(
    input: ReplaceSecretInput,
    work?: Work,
  ): Promise<WithToken<ReplaceOutcome>> {
    const { secret, replacement } = this.replacement(input);
    const outcome = await together(
      work,
      (given) => this.store.replace({ ...replacement, cause: 'reauthenticate' }, { work: given }),
      ({ kind }) => kind === 'replaced',
    );
    if (outcome.kind === 'superseded') return (await this.replacedBefore(input)) ?? outcome;
    return this.withToken(outcome, secret);
  }

  /**
   * Password change: as `reauthenticated`, and every other session ends in the same transaction,
   * which also contains `work`.
   */
  async passwordChanged(input: ReplaceSecretInput, work: Work): Promise<WithToken<ReplaceOutcome>> {
    const { secret, replacement } = this.replacement(input);
    const outcome = await together(
      work,
      (given) =>
        this.store.replaceAndEndOthers({ ...replacement, cause: 'password' }, { work: given }),
      ({ kind }) => kind === 'replaced',
    );
    return this.withToken(outcome, secret);
  }

  /**
   * The new secret is random. With a retry key it is derived: from the presented token if there is
   * one, otherwise from the key.
   */
  private replacement(input: ReplaceSecretInput) {
    const { presented: text, key, ...rest } = input;
    const presented = text === undefined ? undefined : this.ofSession(text, input.sessionId);
    const nonce = this.entropy.bytes(NONCE_BYTES);
    const secret = key
      ? successorSecret(this.ring.minting, nonce, input.sessionId, sourceOf(presented, key))
      : this.entropy.bytes(SECRET_BYTES);
    const { ttlMs, rememberMeTtlMs } = this.options.refreshToken;
    return {
      secret,
      replacement: {
        ...rest,
        presented: presented && {
          generation: presented.generation,
          hash: hashSecret(presented.secret),
        },
        retry: key && { nonce, keyHash: key.hash },
        nextHash: hashSecret(secret),
        ttlMs,
        rememberMeTtlMs,
      },
    };
  }

  /** Returns the answer of the rotation that this key came with again. */
  private async replacedBefore(
    input: ReplaceSecretInput,
  ): Promise<WithToken<ReplaceOutcome> | undefined> {
    const { key } = input;
    if (!key) return undefined;
    const found = await this.store.read(input.sessionId);
    if (!found?.live || found.session.subject !== input.subject) return undefined;
    if (!isRetry(found, key.hash, this.options.refreshToken.retryWindowMs)) return undefined;
    const presented =
      input.presented === undefined ? undefined : this.ofSession(input.presented, input.sessionId);
    if (presented && presented.generation !== found.session.generation - 1) return undefined;
    const refreshToken = successorAgain(this.ring, found, [
      sourceOf(presented, key),
      { kind: 'key', key },
    ]);
    // the change was announced when it happened
    const change = { entries: [], events: [] };
    return refreshToken === undefined
      ? undefined
      : { kind: 'replaced', ...found, ...change, refreshToken };
  }

  /** A refresh token of another session than the access token is a mix-up or an attack; both are refused. */
  private ofSession(token: string, sessionId: string): GenuineRefreshToken {
    const opened = this.inspect(token);
    if (opened.kind === 'junk' || opened.sessionId !== sessionId)
      throw new AuthError(
        'token_refused',
        'the refresh token is not of the session of the access token',
        {
          cookies: 'keep',
        },
      );
    return opened;
  }

  private withToken(outcome: ReplaceOutcome, secret: Buffer): WithToken<ReplaceOutcome> {
    if (outcome.kind !== 'replaced') return outcome;
    const { id, generation }: SessionState['session'] = outcome.session;
    return {
      ...outcome,
      refreshToken: writeRefreshToken(this.ring.minting, id, generation, secret),
    };
  }
}

function sourceOf(presented: GenuineRefreshToken | undefined, key: RetryKey): SuccessorSource {
  return presented ? { kind: 'token', secret: presented.secret } : { kind: 'key', key };
}
