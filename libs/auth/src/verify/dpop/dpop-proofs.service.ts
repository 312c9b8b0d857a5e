import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { DpopChallenge } from '../../common/refusals.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { ProofReplays } from '../../storage/proof-replays.port.js';
import { headerValues, type HttpRequest } from '../http/adapter.js';
import { ownOrigin } from '../http/origin-policy.js';
import { checkProof, type ProofRefusal, tokenHash } from './dpop-proof.js';
import { targetUri } from './target-uri.js';
import { dpopRefusal } from './dpop-refusal.js';

export type Proved =
  | { readonly kind: 'proved'; readonly key: string; readonly id: string }
  | { readonly kind: 'refused'; readonly reason: ProofRefusal; readonly challenge: DpopChallenge };

/** The access token that a proof has to match. */
export interface BoundToken {
  readonly token: string;
  /** Thumbprint of its key, as in `cnf.jkt`. */
  readonly key: string;
  /** All keys of one account share one part of a limited memory. */
  readonly account: string;
}

/** For `ClientContext`: absent if DPoP is off or the request has no proof. */
export interface ProvedKey {
  readonly provedKey?: string;
}

interface ProvedOptions<T> {
  /** Default `forget`. */
  readonly doubt?: 'forget' | 'keep';
  /** The account of the proof, from the result of `work`. Default: unknown, and the proof counts for its key. */
  readonly accountOf?: (done: T) => string | undefined;
}

/** How far a client's clock may be off, in addition to `accessToken.clockTolerance` (contract, section 10). */
const WINDOW_SECONDS = 60;

/** Proofs of clients that hold a key (RFC 9449). One for each instance of the module. */
@Injectable()
export class DpopProofs {
  /** Counts for metrics: `proved`, `unavailable`, or the private reason of a refusal. */
  readonly outcomes = new Map<string, number>();
  /**
   * The outcome for each request: several guards of one handler, and the fields of one GraphQL
   * operation, ask about the same proof.
   */
  readonly #seen = new WeakMap<
    object,
    { readonly token?: string; readonly outcome: Promise<Proved> }
  >();

  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
    private readonly replays: ProofReplays,
  ) {}

  get isOn(): boolean {
    return this.options.dpop !== undefined;
  }

  /**
   * For a sign-in or a refresh: runs `work` with the key that the request's proof proves. Anybody
   * can make proofs with keys of their own, so a proof is only remembered as used if `work`
   * succeeds. `doubt` decides whether it is remembered if `work` fails without a refusal.
   * `accountOf` names the account whose part of a limited memory it takes. If a guard has checked
   * the proof already, that result is used, and the proof stays used. Throws `invalid_dpop_proof`,
   * and the errors of `work`.
   */
  async provedBy<T>(
    request: HttpRequest,
    work: (proved: ProvedKey) => Promise<T>,
    { doubt = 'forget', accountOf }: ProvedOptions<T> = {},
  ): Promise<T> {
    if (!this.isOn || headerValues(request, 'dpop').length === 0) return work({});
    const byGuard = await this.provedWithToken(request);
    // if it were forgotten, it could prove another request with the same token
    if (byGuard) return work({ provedKey: byGuard });
    const proved = await this.check(request);
    if (proved.kind === 'refused') throw dpopRefusal(proved.reason, proved.challenge);
    try {
      const done = await work({ provedKey: proved.key });
      const account = accountOf?.(done);
      if (account !== undefined) this.replays.belongs(proved.id, account);
      return done;
    } catch (error) {
      const isRefusal = error instanceof AuthError && error.getStatus() < 500;
      if (isRefusal || doubt === 'forget') this.replays.forget(proved.id);
      throw error;
    }
  }

  /** Throws `unavailable` if it is unknown whether the proof was used before. */
  check(request: HttpRequest, bound?: BoundToken): Promise<Proved> {
    const seen = this.#seen.get(request);
    if (seen && seen.token === bound?.token) return seen.outcome;
    const outcome = this.judge(request, bound);
    outcome.then(
      (proved) => this.count(proved.kind === 'proved' ? 'proved' : proved.reason),
      () => this.count('unavailable'),
    );
    this.#seen.set(request, { token: bound?.token, outcome });
    // a store that was away may answer the next operation of the same socket
    outcome.catch(() => this.#seen.delete(request));
    return outcome;
  }

  /** The key that the request has proved together with its access token. */
  private async provedWithToken(request: HttpRequest): Promise<string | undefined> {
    const seen = this.#seen.get(request);
    if (seen?.token === undefined) return undefined;
    const outcome = await seen.outcome;
    return outcome.kind === 'proved' ? outcome.key : undefined;
  }

  private count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  private async judge(request: HttpRequest, bound: BoundToken | undefined): Promise<Proved> {
    const [text, ...others] = headerValues(request, 'dpop');
    if (!text) return refused('proof_missing');
    if (others.length > 0) return refused('proof_malformed');
    const windowMs = (WINDOW_SECONDS + this.options.accessToken.clockToleranceSeconds) * 1000;
    const proof = checkProof(text, {
      method: request.method ?? '',
      uri: this.uriOf(request),
      nowMs: this.clock.now(),
      windowMs,
    });
    if (proof.kind === 'refused') return refused(proof.reason);
    if (bound && proof.ath !== tokenHash(bound.token)) return refused('proof_of_another_token');
    if (bound && proof.key !== bound.key) return refused('proof_by_another_key');
    const use = await this.replays.use({ ...proof, windowMs, holder: bound?.account ?? proof.key });
    switch (use.kind) {
      case 'first':
        return { kind: 'proved', key: proof.key, id: proof.id };
      case 'replayed':
        return refused('proof_replayed');
      case 'nonce_needed':
        return {
          kind: 'refused',
          reason: 'proof_nonce',
          challenge: { error: 'use_dpop_nonce', nonce: use.nonce },
        };
    }
  }

  /** A request without a host has no URI, so no proof matches it. */
  private uriOf(request: HttpRequest): string {
    const origin = this.options.dpop?.origin ?? ownOrigin(request, this.options.origins.trustProxy);
    const path = request.originalUrl ?? request.url ?? '';
    return (origin !== undefined && path.startsWith('/') && targetUri(origin + path)) || 'nowhere';
  }
}

function refused(reason: ProofRefusal): Proved {
  return { kind: 'refused', reason, challenge: { error: 'invalid_dpop_proof' } };
}
