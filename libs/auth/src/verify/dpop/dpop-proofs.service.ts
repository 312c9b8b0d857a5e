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
  /** All keys of one account have one share of a bounded memory. */
  readonly account: string;
}

/** For `ClientContext`: absent where DPoP is off or no proof came. */
export interface ProvedKey {
  readonly provedKey?: string;
}

interface ProvedOptions<T> {
  /** Default `forget`. */
  readonly doubt?: 'forget' | 'keep';
  /** Whose the proof was, by what `work` gave. Default: nobody knows, and it is counted for its key. */
  readonly accountOf?: (done: T) => string | undefined;
}

/** How far the clock of a client may be off, beside `accessToken.clockTolerance` (contract, section 10). */
const WINDOW_SECONDS = 60;

/** Proofs of clients that hold a key (RFC 9449). One for each instance of the module. */
@Injectable()
export class DpopProofs {
  /** Counts for metrics: `proved`, `unavailable`, or the private reason of a refusal. */
  readonly outcomes = new Map<string, number>();
  /**
   * The outcome of a request: several guards of one handler, and the fields of one GraphQL operation, ask for the same
   * proof.
   */
  readonly #seen = new WeakMap<object, { readonly token?: string; readonly outcome: Promise<Proved> }>();

  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
    private readonly replays: ProofReplays,
  ) {}

  get isOn(): boolean {
    return this.options.dpop !== undefined;
  }

  /**
   * For a sign-in or a refresh: runs `work` with the key that the proof of the request proves. Anybody can make proofs
   * with keys of their own, so a proof is remembered as used only where `work` succeeds; `doubt` says whether to
   * remember it where `work` fails without a refusal, `accountOf` whose share of a bounded memory it takes. Behind a guard that has asked for the proof already it is that one, and stays used. Throws
   * `invalid_dpop_proof`, and what `work` throws.
   */
  async provedBy<T>(
    request: HttpRequest,
    work: (proved: ProvedKey) => Promise<T>,
    { doubt = 'forget', accountOf }: ProvedOptions<T> = {},
  ): Promise<T> {
    if (!this.isOn || headerValues(request, 'dpop').length === 0) return work({});
    const byGuard = await this.provedWithToken(request);
    // forgotten, it would prove another request with that token
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

  /** Throws `unavailable` where it cannot be known whether the proof was used before. */
  check(request: HttpRequest, bound?: BoundToken): Promise<Proved> {
    const seen = this.#seen.get(request);
    if (seen && seen.token === bound?.token) return seen.outcome;
    const outcome = this.judge(request, bound);
    outcome.then(
      (proved) => this.count(proved.kind === 'proved' ? 'proved' : proved.reason),
      () => this.count('unavailable'),
    );
    this.#seen.set(request, { token: bound?.token, outcome });
    // a store that was away may answer at the next operation of a socket
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
      ...{ method: request.method ?? '', uri: this.uriOf(request) },
      ...{ nowMs: this.clock.now(), windowMs },
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
          ...{ kind: 'refused', reason: 'proof_nonce' },
          challenge: { error: 'use_dpop_nonce', nonce: use.nonce },
        };
    }
  }

  /** A request that does not tell its host has no URI, and no proof matches it. */
  private uriOf(request: HttpRequest): string {
    const origin = this.options.dpop?.origin ?? ownOrigin(request, this.options.origins.trustProxy);
    const path = request.originalUrl ?? request.url ?? '';
    return (origin !== undefined && path.startsWith('/') && targetUri(origin + path)) || 'nowhere';
  }
}

function refused(reason: ProofRefusal): Proved {
  return { kind: 'refused', reason, challenge: { error: 'invalid_dpop_proof' } };
}
