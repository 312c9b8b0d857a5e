import { Injectable } from '@nestjs/common';
import type { LoginAnswer, SecondFactorDue } from '../../contract/index.js';
import { DpopProofs, type ProvedKey } from '../../verify/dpop/dpop-proofs.service.js';
import type { HttpRequest, HttpResponse } from '../../verify/http/adapter.js';
import { PresentedTokens } from '../../verify/http/presented-tokens.service.js';
import type { LoginResult } from '../tokens/issued-tokens.js';
import { AuthCookies } from './cookies.service.js';
import { loginAnswer } from './response-bodies.js';

/**
 * The steps around the flow of every sign-in route: it reads the device and the proof of a key, then writes cookies
 * and body.
 */
@Injectable()
export class SignIns {
  constructor(
    private readonly presented: PresentedTokens,
    private readonly proofs: DpopProofs,
    private readonly cookies: AuthCookies,
  ) {}

  /**
   * Throws `invalid_dpop_proof` before `login` is called, so that a bad proof costs no password hash, and whatever
   * `login` throws.
   */
  async answer<Input extends { readonly device?: string }>(
    request: HttpRequest,
    response: HttpResponse,
    input: Input,
    login: (input: Input, proved: ProvedKey) => Promise<LoginResult | SecondFactorDue>,
  ): Promise<LoginAnswer | SecondFactorDue> {
    const device = this.presented.device(request, input.device);
    const result = await this.proofs.provedBy(
      request,
      (proved) => login({ ...input, device }, proved),
      {
        accountOf: (done) => ('next' in done ? undefined : done.grant.userId),
      },
    );
    if ('next' in result) return result;
    this.cookies.signIn(response, result.grant);
    return loginAnswer(result);
  }
}
