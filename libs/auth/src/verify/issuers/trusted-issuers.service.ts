import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { VerificationOutcome } from '../tokens/access-token-verifier.service.js';
import { parseCompactJws } from '../tokens/jws.js';
import { own } from '../tokens/verification-policy.js';
import { type Trust, trusts } from '../tenants/ask-whose.js';
import { TrustedIssuer } from './trusted-issuer.js';

/**
 * Verifies tokens of other issuers. `iss` only selects among the issuers that a route names; the selected one then
 * checks everything, `iss` included.
 */
@Injectable()
export class TrustedIssuers implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #byName: ReadonlyMap<string, TrustedIssuer>;

  constructor({ trustedIssuers, accessToken }: ResolvedAuthOptions, clock: Clock) {
    const { clockToleranceSeconds } = accessToken;
    const settings = {
      clockToleranceSeconds,
      cacheSize: Math.ceil(accessToken.cacheSize / Math.max(1, trustedIssuers.length)),
    };
    this.#byName = new Map(
      trustedIssuers.map((each) => [each.issuer, new TrustedIssuer(each, settings, clock)]),
    );
  }

  /** The issuer may start later than this process, so its absence does not stop the boot. */
  async onApplicationBootstrap(): Promise<void> {
    await Promise.all([...this.#byName.values()].map(({ keys }) => keys.onApplicationBootstrap()));
  }

  onApplicationShutdown(): void {
    for (const { keys } of this.#byName.values()) keys.onApplicationShutdown();
  }

  has(issuer: string): boolean {
    return this.#byName.has(issuer);
  }

  /** The remembered outcome of this token for one of these issuers. No crypto, no I/O. */
  remembered(token: string, trust: Trust): VerificationOutcome | undefined {
    for (const name of typeof trust === 'function' ? this.#byName.keys() : trust) {
      const outcome = this.#byName.get(name)?.remembered(token);
      if (outcome) return trusts(trust, name) ? outcome : undefined;
    }
    return undefined;
  }

  /** Undefined if `iss` is not one of these issuers. Rejects with `unavailable`. */
  verify(
    token: string,
    trust: Trust,
  ): VerificationOutcome | Promise<VerificationOutcome> | undefined {
    const jws = parseCompactJws(token);
    if (jws.kind === 'malformed') return undefined;
    const named = own(jws.payload, 'iss');
    if (typeof named !== 'string') return undefined;
    const issuer = this.#byName.get(named);
    return issuer && trusts(trust, named) ? issuer.verify(token, jws) : undefined;
  }
}
