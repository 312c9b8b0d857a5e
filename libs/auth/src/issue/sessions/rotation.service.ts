import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Entropy } from '../../common/entropy.js';
import type { ClientContext } from '../../common/principal.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { RefreshSecrets } from './refresh-secrets.js';
import {
  type GenuineRefreshToken,
  hashSecret,
  isCurrent,
  writeRefreshToken,
} from './refresh-token.js';
import type { RetryKey } from './retry-key.js';
import { successorAgain, successorSecret } from './successor.js';
import { classifyMiss } from './rotation-outcome.js';
import type {
  Session,
  SessionBinding,
  SessionSnapshot,
  SessionState,
} from '../../storage/session.js';
import {
  type Ended,
  type RotateOutcome,
  type Rotation,
  SessionStore,
} from '../../storage/session-store.port.js';

type Named = {
  readonly sessionId: string;
  readonly subject: string;
  readonly actor: Session['actor'];
};

export type RefreshOutcome =
  | ({ readonly kind: 'rotated' | 'replayed'; readonly refreshToken: string } & SessionState)
  /** The session is not live: a plain refusal. */
  | { readonly kind: 'dead' }
  /** Not theft, but no new token either: the cookies stay. */
  | ({ readonly kind: 'superseded' | 'mismatch' } & Named)
  /** The session is bound to a key that was not proved: nothing was changed. */
  | ({ readonly kind: 'unproven'; readonly bound: SessionBinding['kind'] } & Named)
  | ({ readonly kind: 'reused' } & Named & Ended);

interface Attempt {
  readonly presented: GenuineRefreshToken;
  readonly key?: RetryKey;
  readonly rotation: Rotation;
  readonly successor: string;
}

/**
 * An ending or a password change may hold the row lock, so that a valid token misses once or twice,
 * but not more often.
 */
const MAX_ATTEMPTS = 4;
const NONCE_BYTES = 16;

/** Each refresh token can be used once; the database decides (contract, section 5). */
@Injectable()
export class RotationService {
  constructor(
    private readonly store: SessionStore,
    private readonly ring: RefreshSecrets,
    private readonly options: ResolvedAuthOptions,
    private readonly entropy: Entropy,
  ) {}

  /**
   * What `rotate` would find now: the state of a live session whose current token this is.
   * Undefined for every other token.
   */
  async current(presented: GenuineRefreshToken): Promise<SessionState | undefined> {
    const found = await this.store.read(presented.sessionId);
    return found?.live && isCurrent(found, presented) ? found : undefined;
  }

  /**
   * With a `key`, a repeat with the same key is recognised during `retryWindow`. `provedKey`: the
   * thumbprint of the key that the request proved.
   */
  async rotate(
    presented: GenuineRefreshToken,
    client: ClientContext,
    { key, provedKey }: { readonly key?: RetryKey; readonly provedKey?: string } = {},
  ): Promise<RefreshOutcome> {
    const attempt = this.attempt(presented, client, { key, provedKey });
    for (let tries = 1; tries <= MAX_ATTEMPTS; tries++) {
      const outcome = await this.once(attempt);
      if (outcome !== 'again') return outcome;
    }
    throw AuthError.unavailable('a rotation kept losing to other transactions');
  }

  private async once(attempt: Attempt): Promise<RefreshOutcome | 'again'> {
    let outcome: RotateOutcome;
    try {
      outcome = await this.store.rotate(attempt.rotation);
    } catch (error) {
      return this.afterLostAnswer(attempt, error);
    }
    if (outcome.kind === 'rotated') return { ...outcome, refreshToken: attempt.successor };
    return this.afterMiss(
      attempt,
      outcome.found ?? (await this.store.read(attempt.presented.sessionId)),
    );
  }

  /**
   * The statement may have committed, may still be running, or may never have arrived: read the
   * session, try once more, and never treat it as reuse.
   */
  private async afterLostAnswer(attempt: Attempt, error: unknown): Promise<RefreshOutcome> {
    const first = await this.store.read(attempt.presented.sessionId);
    if (first?.live && first.tokenHash.equals(attempt.rotation.nextHash))
      return this.mine(attempt, first);
    if (!first?.live) return { kind: 'dead' };
    if (!first.tokenHash.equals(attempt.rotation.presentedHash))
      throw AuthError.unavailable('the outcome of a rotation is not known', error);
    const retried = await this.store.rotate(attempt.rotation);
    if (retried.kind === 'rotated') return { ...retried, refreshToken: attempt.successor };
    const second = await this.store.read(attempt.presented.sessionId);
    if (second?.live && second.tokenHash.equals(attempt.rotation.nextHash))
      return this.mine(attempt, second);
    throw AuthError.unavailable('the outcome of a rotation is not known', error);
  }

  private async afterMiss(
    attempt: Attempt,
    snapshot: SessionSnapshot | undefined,
  ): Promise<RefreshOutcome | 'again'> {
    const { generation, sessionId } = attempt.presented;
    const presented = {
      generation,
      hash: attempt.rotation.presentedHash,
      keyHash: attempt.key?.hash,
    };
    // checked before any conclusion: a caller without the key must not be able to end the owner's sessions
    const bound = snapshot && dueKeyOf(snapshot, attempt.rotation.provedKey);
    if (snapshot && bound) return { kind: 'unproven', bound, ...namedIn(snapshot) };
    const miss = classifyMiss(snapshot, presented, this.options.refreshToken);
    if (miss === 'dead' || !snapshot) return { kind: 'dead' };
    const named = namedIn(snapshot);
    switch (miss) {
      case 'unmoved':
        return 'again';
      case 'replay':
        return this.replay(attempt, snapshot) ?? { kind: 'mismatch', ...named };
      case 'superseded':
      case 'mismatch':
        return { kind: miss, ...named };
      case 'reuse': {
        const { ip, userAgent } = attempt.rotation;
        const outcome = await this.store.endReused(sessionId, this.options.refreshToken.onReuse, {
          ip,
          userAgent,
        });
        return outcome.kind === 'ended'
          ? { ...outcome, kind: 'reused', ...named }
          : { kind: 'dead' };
      }
    }
  }

  /** The successor is computed again, and returned only if its hash is in the row. */
  private replay(
    { presented, key }: Attempt,
    snapshot: SessionSnapshot,
  ): RefreshOutcome | undefined {
    const refreshToken = successorAgain(this.ring, snapshot, [
      { kind: 'token', secret: presented.secret },
      ...(key ? [{ kind: 'key' as const, key }] : []),
    ]);
    return refreshToken === undefined ? undefined : { kind: 'replayed', ...snapshot, refreshToken };
  }

  private mine(attempt: Attempt, snapshot: SessionSnapshot): RefreshOutcome {
    return { kind: 'rotated', ...snapshot, refreshToken: attempt.successor };
  }

  private attempt(
    presented: GenuineRefreshToken,
    client: ClientContext,
    { key, provedKey }: { readonly key?: RetryKey; readonly provedKey?: string },
  ): Attempt {
    const { sessionId, generation, secret } = presented;
    const nonce = this.entropy.bytes(NONCE_BYTES);
    const next = successorSecret(this.ring.minting, nonce, sessionId, { kind: 'token', secret });
    const { ttlMs, rememberMeTtlMs } = this.options.refreshToken;
    return {
      presented,
      key,
      successor: writeRefreshToken(this.ring.minting, sessionId, generation + 1, next),
      rotation: {
        sessionId,
        generation,
        presentedHash: hashSecret(secret),
        nextHash: hashSecret(next),
        nonce,
        keyHash: key?.hash,
        provedKey,
        ttlMs,
        rememberMeTtlMs,
        ip: client.ip,
        userAgent: client.userAgent,
      },
    };
  }
}

/** The kind of key that a live session has or still needs, if it was not proved. */
function dueKeyOf(
  { live, session: { bound, registerBy } }: SessionSnapshot,
  provedKey: string | undefined,
): SessionBinding['kind'] | undefined {
  if (!live) return undefined;
  if (registerBy) return 'dbsc';
  return bound?.key === provedKey ? undefined : bound?.kind;
}

function namedIn({ session: { id: sessionId, subject, actor } }: SessionSnapshot): Named {
  return { sessionId, subject, actor };
}
