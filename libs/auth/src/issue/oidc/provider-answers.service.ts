import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { OidcPerson } from '../../options/oidc-options.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { FactorMethods, type Provider } from '../factors/factor-methods.js';
import type { AnsweredRequest } from './oidc-requests.service.js';

/** A person whom a provider vouches for. */
export interface VouchedPerson {
  readonly provider: Provider;
  readonly person: OidcPerson;
  /** When the person proved a credential at the provider. */
  readonly provedAt: Date;
  /** From before the provider was asked, and so from before the state of the user is read. */
  readonly asOfMs: number;
}

/**
 * OpenID Connect Core 1.0, section 2: a `sub` has at most 255 characters. A longer one, or a NUL, fits no column or
 * index.
 */
const NAME = /^\P{Cc}{1,255}$/u;

/** Who the person is that a provider sent back, and how old the proof is. */
@Injectable()
export class ProviderAnswers {
  constructor(
    private readonly methods: FactorMethods,
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
  ) {}

  /** Throws `login_refused` for an answer that does not fit its request, and `unavailable`. */
  async read(
    { provider: name, request }: AnsweredRequest,
    parameters: URLSearchParams,
  ): Promise<VouchedPerson> {
    const provider = this.methods.needProvider(name);
    const asOfMs = this.clock.now();
    const answer = await provider.method.person(name, parameters, request);
    if (answer.kind === 'refused') throw new AuthError('login_refused', answer.detail);
    const { person } = answer;
    if (![person.issuerSubject, person.sid ?? 'none'].every((each) => NAME.test(each)))
      throw new AuthError('login_refused', 'the sub or sid is longer than one can be');
    return { provider, person, asOfMs, provedAt: this.provedAt(person, asOfMs) };
  }

  /**
   * A provider with a session of its own answers without asking the person, so that a sign-in does not prove anything
   * new. The proof is as old as the provider says; where it does not say, there is none (the epoch). Otherwise a
   * stranger at a browser that is signed in at the provider could add a factor here.
   */
  private provedAt({ authTimeSeconds }: OidcPerson, nowMs: number): Date {
    if (authTimeSeconds === undefined) return new Date(0);
    const provedMs = authTimeSeconds * 1000;
    if (provedMs > nowMs + this.options.accessToken.clockToleranceSeconds * 1000)
      throw new AuthError('login_refused', 'auth_time is in the future');
    return new Date(Math.min(provedMs, nowMs));
  }
}
