import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { askHost } from '../../common/ask-host.js';
import { readOptions } from '../../common/read-options.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import {
  type OpeningSession,
  type SessionLimits,
  sessionLimitsSchema,
} from '../../options/session-hooks.js';
import type { NewSession } from '../../storage/session.js';

export type OpeningLimits = Pick<
  NewSession,
  'maxPerUser' | 'idleTtlMs' | 'absoluteTtlMs' | 'limits'
>;

/**
 * How many sessions a user may have, and how long this one lives: as in the options, or less if
 * `sessions.limits` says so.
 */
@Injectable()
export class SessionLimiter {
  constructor(private readonly options: ResolvedAuthOptions) {}

  /** Throws `unavailable` if the host's function fails, `configuration_invalid` if its answer is out of bounds. */
  async limitsOf(opening: OpeningSession): Promise<OpeningLimits> {
    const { refreshToken, sessions } = this.options;
    const idleTtlMs = opening.rememberMe ? refreshToken.rememberMeTtlMs : refreshToken.ttlMs;
    const { absoluteTtlMs } = refreshToken;
    const { limits: hook, maxPerUser } = sessions;
    if (!hook) return { maxPerUser, idleTtlMs, absoluteTtlMs };
    const own = this.read(
      await askHost('sessions.limits', this.options.storeDeadlineMs, () => hook(opening)),
    );
    return {
      maxPerUser: own.maxPerUser ?? maxPerUser,
      idleTtlMs: own.idleTtl ?? idleTtlMs,
      absoluteTtlMs: own.absoluteTtl ?? absoluteTtlMs,
      limits: { idleTtlMs: own.idleTtl, accessTtlSeconds: own.accessTtl },
    };
  }

  /**
   * The answer must stay within the options, because other times are derived from them: how long a
   * retired key verifies, and how long a refresh-token secret is kept.
   */
  private read(answer: SessionLimits) {
    const own = readOptions(sessionLimitsSchema, answer, {
      of: 'the answer of sessions.limits',
      prefix: 'sessions.limits',
    });
    const { accessToken, refreshToken } = this.options;
    const idleMs = Math.max(refreshToken.ttlMs, refreshToken.rememberMeTtlMs);
    for (const [name, given, most, option] of [
      ['accessTtl', own.accessTtl, accessToken.ttlSeconds, 'accessToken.ttl'],
      ['idleTtl', own.idleTtl, idleMs, 'refreshToken.ttl and rememberMeTtl'],
      ['absoluteTtl', own.absoluteTtl, refreshToken.absoluteTtlMs, 'refreshToken.absoluteTtl'],
    ] as const)
      if (given !== undefined && given > most)
        throw AuthError.configuration(
          `sessions.limits.${name}`,
          `is longer than ${option}: set that to the longest, and answer shorter ones here`,
        );
    return own;
  }
}
