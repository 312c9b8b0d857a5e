import { AuthError } from '../../common/auth-error.js';
import type { Clock } from '../../common/clock.js';
import type { Entropy } from '../../common/entropy.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { AuthRedis } from '../../storage/auth-storage.js';
import { MemoryProofReplays } from '../../storage/memory-proof-replays.js';
import { ProofReplays, type ProofVerdict } from '../../storage/proof-replays.port.js';

const NONCE_BYTES = 16;

/** The memory of used proofs: in Redis, or only in this process if the options allow that. */
export function proofReplays(
  redis: Pick<AuthRedis, 'replays'> | undefined,
  { dpop }: Pick<ResolvedAuthOptions, 'dpop'>,
  clock: Clock,
  entropy: Entropy,
): ProofReplays {
  if (redis?.replays) return redis.replays;
  if (dpop?.withoutRedis === 'refuse') return new NoProofReplays();
  return new MemoryProofReplays(clock, entropy.bytes(NONCE_BYTES).toString('base64url'));
}

class NoProofReplays extends ProofReplays {
  override use(): Promise<ProofVerdict> {
    return Promise.reject(
      AuthError.unavailable(
        "DPoP: no redis is configured; give one, or set dpop.withoutRedis to 'nonce'",
      ),
    );
  }

  override forget(): void {
    // `use` remembers nothing
  }
}
