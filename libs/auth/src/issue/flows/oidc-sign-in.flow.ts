import { Injectable, Logger } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { ClientContext } from '../../common/principal.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { OidcPerson } from '../../options/oidc-options.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { SessionStore } from '../../storage/session-store.port.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { FactorMethods, type Provider } from '../factors/factor-methods.js';
import { assertFitsHost } from '../oidc/fits-host.js';
import { IdentityAccounts } from '../oidc/identity-accounts.service.js';
import { type AnsweredRequest, type Linking, OidcRequests } from '../oidc/oidc-requests.service.js';
import { returnPath } from '../oidc/return-path.js';
import { DeviceIds } from '../users/device-id.js';
import { PasswordVerifier } from '../users/password-verifier.service.js';
import { CompleteSignIn, type SignInResult } from './complete-sign-in.service.js';
import { SendVerificationFlow } from './send-verification.flow.js';

export interface OidcReturn {
  /** What the provider sent the browser back with. */
  readonly parameters: URLSearchParams;
  /** The value of the cookie that the request was begun with. */
  readonly browser: string | undefined;
  /** The signed device id of an earlier login. */
  readonly device?: string;
}

export interface OidcOutcome {
  /** A path of this origin. */
  readonly returnTo: string;
  readonly result: SignInResult | 'linked' | 'refused';
}

/** A person of a provider → session and cookies, `amr: ["fed"]`; or one more identity of somebody signed in. */
@Injectable()
export class OidcSignInFlow {
  private readonly logger = new Logger('Tokenward');

  constructor(
    private readonly methods: FactorMethods,
    private readonly requests: OidcRequests,
    private readonly accounts: IdentityAccounts,
    private readonly verifier: PasswordVerifier,
    private readonly sessions: SessionStore,
    private readonly verification: SendVerificationFlow,
    private readonly devices: DeviceIds,
    private readonly signIn: CompleteSignIn,
    private readonly events: AuthEventPublisher,
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
    users: UserDirectory,
  ) {
    if (methods.oidc) assertFitsHost(methods.oidc, options, users);
  }

  /** Where the browser goes, and what it keeps meanwhile. */
  async begin(
    provider: string,
    redirectUri: string,
    wanted: string | null,
  ): Promise<{ readonly url: string; readonly browser: string }> {
    const { method } = this.methods.needProvider(provider);
    const begun = await this.requests.begin({ provider, redirectUri, returnTo: returnPath(wanted) });
    if (!begun) throw new AuthError('login_refused', 'nothing was begun');
    return { url: await method.authorizationUrl(provider, begun.request), browser: begun.browser };
  }

  /** Refusals are an outcome: the browser is on its way, and goes back to a page of ours. Throws `unavailable`. */
  async finish(provider: string, given: OidcReturn, client: ClientContext): Promise<OidcOutcome> {
    this.methods.needProvider(provider);
    const [state = '', ...others] = given.parameters.getAll('state');
    const asked =
      others.length === 0 ? await this.requests.finish(provider, state, given.browser) : undefined;
    if (!asked) return this.refused('no live state of this browser', '/', client);
    try {
      return { returnTo: asked.returnTo, result: await this.judged(asked, given, client) };
    } catch (error) {
      if (!(error instanceof AuthError) || error.getStatus() >= 500) throw error;
      return this.refused(error.detail, asked.returnTo, client);
    }
  }

  private async judged(
    asked: AnsweredRequest,
    { parameters, device }: OidcReturn,
    client: ClientContext,
  ): Promise<SignInResult | 'linked'> {
    const { provider, request } = asked;
    const links = this.methods.needProvider(provider);
    // before the state of the user is read
    const asOfMs = this.clock.now();
    const answer = await links.method.person(provider, parameters, request);
    if (answer.kind === 'refused') throw new AuthError('login_refused', answer.detail);
    const { person } = answer;
    if (asked.linking) return this.link(links, asked.linking, person);

    const { account, subject: expected } = await this.accounts.of(links, person, client);
    if (this.options.accounts?.verifiedEmail === 'required' && !account.emailVerified) {
      await this.verification.remind({ account, subject: expected }, client);
      throw new AuthError('email_unverified', 'accounts.verifiedEmail is required');
    }
    const standing = this.devices.verify(device, account.id, expected.epoch);
    const deviceId = standing.kind === 'known' ? standing.id : undefined;
    return this.signIn.complete(
      {
        ...{ account, expected, transport: 'cookie', persistent: false, asOfMs, deviceId },
        ...{ amr: ['fed'], device },
      },
      client,
    );
  }

  private async link(links: Provider, linking: Linking, person: OidcPerson): Promise<'linked'> {
    const { subject, state, sessionId } = linking;
    const known = await links.identities.find(person);
    if (known?.subject === subject) return 'linked';
    // a sign-out in between takes the request along, also one of this session alone
    const [session, found] = [await this.sessions.read(sessionId), await this.verifier.findById(subject)];
    if (!session?.live || session.session.subject !== subject || !found)
      throw new AuthError('login_refused', 'the session that asked for the link has ended');
    const { account } = found;
    await this.accounts.link(links, { account, subject: state }, person, { sessionId, actorId: subject });
    return 'linked';
  }

  private refused(detail: string, returnTo: string, { ip, tenant }: ClientContext): OidcOutcome {
    this.events.publish({ type: 'login.failed', reason: 'identity', ip, tenant });
    this.logger.debug(`a sign-in at a provider was refused: ${detail}`);
    return { returnTo, result: 'refused' };
  }
}
