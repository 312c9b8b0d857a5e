import { Injectable } from '@nestjs/common';
import type { Principal } from '../common/principal.js';
import { ApiKeyLookup } from './api-key-lookup.port.js';
import { LegacyCheck } from './legacy/legacy-check.service.js';
import { revocable } from './revocable.js';
import {
  type CheckOptions,
  RevocationChecker,
  type Verdict,
} from './revocation/revocation-checker.service.js';
import { TokenRefusals } from './token-refusals.service.js';

/** Whether a recognised caller was revoked since. Without I/O while the view is fresh. */
@Injectable()
export class CallerStanding {
  constructor(
    private readonly revocations: RevocationChecker,
    private readonly refusals: TokenRefusals,
    private readonly apiKeys?: ApiKeyLookup,
    private readonly legacy?: LegacyCheck,
  ) {}

  /** `token`: the presented text, for old tokens. Throws `token_refused` or `unavailable`. */
  check(
    principal: Principal,
    options?: CheckOptions,
    token?: string,
  ): Principal | Promise<Principal> {
    const verdict = this.revocations.check(revocable(principal), options);
    if (typeof verdict !== 'string')
      return verdict.then((settled) => this.accept(principal, settled, options, token));
    return this.accept(principal, verdict, options, token);
  }

  /** The current principal of an API key that was accepted before. Throws like `check`. */
  async lookAgain(principal: Principal, options?: CheckOptions): Promise<Principal> {
    if (principal.kind === 'api_key' && principal.issuer === undefined && this.apiKeys)
      return this.apiKeys.lookAgain(principal, options);
    throw this.refusals.refused('revoked', principal);
  }

  private accept(
    principal: Principal,
    verdict: Verdict,
    options: CheckOptions | undefined,
    token: string | undefined,
  ): Principal | Promise<Principal> {
    if (verdict === 'revoked') {
      if (principal.kind === 'api_key') return this.lookAgain(principal, options);
      throw this.refusals.refused('revoked', principal);
    }
    return principal.legacy === undefined ? principal : this.confirmLegacy(principal, token);
  }

  private async confirmLegacy(given: Principal, token: string | undefined): Promise<Principal> {
    const confirmed = await this.legacy?.confirm(given, token);
    if (!confirmed) throw this.refusals.refused('an old token, and none are accepted here', given);
    if (confirmed.kind === 'refused')
      throw this.refusals.refused(confirmed.reason, confirmed.principal);
    return confirmed.principal;
  }
}
