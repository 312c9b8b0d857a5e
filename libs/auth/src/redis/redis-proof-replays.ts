import { AuthError } from '../common/auth-error.js';
import type { Clock } from '../common/clock.js';
import { withDeadline } from '../common/deadline.js';
import type { Entropy } from '../common/entropy.js';
import { ProofReplays, type ProofUse, type ProofVerdict } from '../storage/proof-replays.port.js';
import type { HostClient } from './own-client.js';
import { REPLAY_SCRIPT } from './replay-script.js';

/** One hash tag, so that epoch and proof are checked in one step on Cluster, too. */
const TAG = '{tokenward:dpop}:';
const NONCE_BYTES = 16;

/**
 * Used proofs in Redis, shared by all processes. Redis must not evict keys (`noeviction`), and the
 * user needs `INFO`.
 */
export class RedisProofReplays extends ProofReplays {
  constructor(
    private readonly redis: HostClient,
    private readonly clock: Clock,
    private readonly entropy: Entropy,
    private readonly deadlineMs = 200,
  ) {
    super();
  }

  override async use({ id, issuedAtMs, windowMs, nonce = '' }: ProofUse): Promise<ProofVerdict> {
    // otherwise ioredis would queue the command; a lazy client (`wait`) connects at its first command
    if (this.redis.status !== 'ready' && this.redis.status !== 'wait')
      throw AuthError.unavailable('DPoP: Redis cannot be reached');
    const fresh = this.entropy.bytes(NONCE_BYTES).toString('base64url');
    const answer = this.redis.eval(
      ...([REPLAY_SCRIPT, 2, `${TAG}epoch`, `${TAG}used:${id}`] as const),
      this.clock.now(),
      fresh,
      issuedAtMs,
      windowMs,
      nonce,
    );
    const [verdict, epoch] = (await withDeadline(answer, this.deadlineMs, 'redis proofs').catch(
      (error: unknown) => {
        throw AuthError.unavailable('DPoP: Redis did not say whether a proof was used', error);
      },
    )) as [string, string];
    switch (verdict) {
      case 'first':
      case 'replayed':
        return { kind: verdict };
      case 'nonce_needed':
        return { kind: verdict, nonce: epoch };
      default:
        throw AuthError.unavailable(
          'DPoP: Redis does not say which server it is; allow this user INFO (ACL: +info)',
        );
    }
  }

  // best effort: a proof that is not deleted expires by itself
  override forget(id: string): void {
    if (this.redis.status === 'ready') this.redis.del(`${TAG}used:${id}`).catch(() => undefined);
  }
}
