import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { Principal } from '../../common/principal.js';
import { counts } from '../../storage/factor.js';
import type { Factors } from '../../storage/factor-store.port.js';
import { RECENT_AUTH } from '../../verify/guards/route-metadata.js';
import { FactorMethods } from './factor-methods.js';

const MAX_AGE_SECONDS = 300;
/** What counts as a second factor (RFC 8176; `rcv` is a recovery code). */
const SECOND = ['otp', 'hwk', 'swk', 'rcv'];

/**
 * Whoever changes the ways to sign in needs a recent proof; where the user has a second factor, the proof must include
 * one.
 */
@Injectable()
export class FreshProof {
  constructor(
    private readonly methods: FactorMethods,
    private readonly clock: Clock,
  ) {}

  /** The user's factors; undefined where factors are switched off. Throws `proof_too_old`. */
  async of(principal: Principal): Promise<Factors | undefined> {
    if (principal.authTime === undefined)
      throw new AuthError('proof_too_old', 'no credential was proved', {
        maxAgeSeconds: MAX_AGE_SECONDS,
      });
    const factors = await this.methods.store?.of(principal.id);
    const amr = factors?.all.some(counts) ? SECOND : undefined;
    RECENT_AUTH.check(principal, { maxAgeSeconds: MAX_AGE_SECONDS, amr }, this.clock.now());
    return factors;
  }
}
