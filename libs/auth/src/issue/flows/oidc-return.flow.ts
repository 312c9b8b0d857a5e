import { Injectable, Logger } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { FactorMethods } from '../factors/factor-methods.js';
import { type AnsweredRequest, type Linking, OidcRequests } from '../oidc/oidc-requests.service.js';
import { ProviderAnswers } from '../oidc/provider-answers.service.js';
import { type Admission, LoginThrottle } from '../users/login-throttle.service.js';
import type { SignInResult } from './complete-sign-in.service.js';
import { LinkIdentityFlow } from './link-identity.flow.js';
import { NamedSessions } from './named-sessions.service.js';
import { OidcSignInFlow } from './oidc-sign-in.flow.js';

export interface OidcReturn {
  /** The parameters with which the provider sent the browser back. */
  readonly parameters: URLSearchParams;
  /** The value of the cookie that the request was begun with. */
  readonly browser: string | undefined;
  /** The redirect URI of the request. */
  readonly redirectUri: string;
  /** The access cookies that came along. */
  readonly accessCookies: readonly string[];
}

export interface OidcOutcome {
  /** A path of this origin. */
  readonly returnTo: string;
  readonly result: SignInResult | 'linked' | 'refused';
  /** Whether this browser had begun it: then the cookie of the request is of no more use. */
  readonly isOwn: boolean;
}

/** A browser that a provider sent back → a sign-in, or an identity that is linked to the signed-in user. */
@Injectable()
export class OidcReturnFlow {
  private readonly logger = new Logger('Tokenward');

  constructor(
    private readonly methods: FactorMethods,
    private readonly requests: OidcRequests,
    private readonly byAccessToken: NamedSessions,
    private readonly throttle: LoginThrottle,
    private readonly answers: ProviderAnswers,
    private readonly signIn: OidcSignInFlow,
    private readonly links: LinkIdentityFlow,
    private readonly events: AuthEventPublisher,
  ) {}

  /**
   * A refusal is an outcome, not an error: the browser must be sent to a page of ours. A refused request that this
   * browser began counts against the network address, and so does a failure of the provider, because each has cost a
   * database row and an outgoing request. Throws `unavailable`, `throttled`.
   */
  async finish(provider: string, given: OidcReturn, client: ClientContext): Promise<OidcOutcome> {
    this.methods.needProvider(provider);
    const { parameters, browser, redirectUri, accessCookies } = given;
    const [state = '', ...others] = parameters.getAll('state');
    const asked =
      others.length === 0
        ? this.requests.find(provider, redirectUri, { state, browser })
        : undefined;
    // not counted: any page can make a browser send this, and could lock out its whole network
    if (!asked)
      return { ...this.refused('no live state of this browser', '/', client), isOwn: false };
    const ofTenant = { ...client, tenant: asked.tenant };
    // a sibling subdomain can plant the cookie of a request that it began itself, and would get the person's identity
    if (asked.linking && !(await this.isOf(asked.linking, accessCookies)))
      return this.refused('the browser is signed in to another session', asked.returnTo, ofTenant);
    const admission = await this.admitted(ofTenant);
    const outcome = await this.answered(asked, parameters, ofTenant);
    if (outcome.result !== 'refused') await admission.giveBack();
    return outcome;
  }

  private async isOf({ sessionId }: Linking, accessCookies: readonly string[]): Promise<boolean> {
    return [...(await this.byAccessToken.of(accessCookies))].every((each) => each === sessionId);
  }

  private async admitted({ ip, tenant }: ClientContext): Promise<Admission> {
    try {
      return await this.throttle.admitLookUp(ip);
    } catch (error) {
      if (error instanceof AuthError && error.reason === 'throttled')
        this.events.publish({ type: 'login.throttled', ip, tenant });
      throw error;
    }
  }

  private async answered(
    asked: AnsweredRequest,
    parameters: URLSearchParams,
    client: ClientContext,
  ): Promise<OidcOutcome> {
    if (!(await this.requests.spend(asked))) return this.refused('the state is spent', '/', client);
    try {
      const result = await this.judged(asked, parameters, client);
      return { returnTo: asked.returnTo, result, isOwn: true };
    } catch (error) {
      if (!(error instanceof AuthError) || error.getStatus() >= 500) throw error;
      return this.refused(error.detail, asked.returnTo, client);
    }
  }

  private async judged(
    asked: AnsweredRequest,
    parameters: URLSearchParams,
    client: ClientContext,
  ): Promise<SignInResult | 'linked'> {
    const vouched = await this.answers.read(asked, parameters);
    if (!asked.linking) return this.signIn.signIn(vouched, asked.device, client);
    await this.links.finish(asked.linking, vouched);
    return 'linked';
  }

  private refused(detail: string, returnTo: string, { ip, tenant }: ClientContext): OidcOutcome {
    this.events.publish({ type: 'login.failed', reason: 'identity', ip, tenant });
    this.logger.debug(`a sign-in at a provider was refused: ${detail}`);
    return { returnTo, result: 'refused', isOwn: true };
  }
}
