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
import type { ProviderSignIn } from '../oidc/provider-logouts.service.js';
import { returnPath } from '../oidc/return-path.js';
import { DeviceIds } from '../users/device-id.js';
import { type Admission, LoginThrottle } from '../users/login-throttle.service.js';
import { PasswordVerifier } from '../users/password-verifier.service.js';
import { CompleteSignIn, type SignInResult } from './complete-sign-in.service.js';
import { NamedSessions } from './named-sessions.service.js';
import { SendVerificationFlow } from './send-verification.flow.js';

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

/** The start of a sign-in. */
export interface OidcBeginning {
  readonly redirectUri: string;
  readonly returnTo: string | null;
  /** The signed device id of an earlier login. */
  readonly device?: string;
  /** How old the person's proof at the provider may be, in seconds. Default: of any age. */
  readonly maxAgeSeconds?: number;
  /** The tenant of the request. The sign-in belongs to this tenant, wherever the provider sends the browser back to. */
  readonly tenant?: string;
}

export interface OidcOutcome {
  /** A path of this origin. */
  readonly returnTo: string;
  readonly result: SignInResult | 'linked' | 'refused';
}

/** OpenID Connect Core 1.0, section 2: a `sub` has at most 255 characters. A longer one, or a NUL, fits no column or index. */
const NAME = /^\P{Cc}{1,255}$/u;

/**
 * A person at a provider → session and cookies, `amr: ["fed"]`; or an identity that is linked to the signed-in user.
 */
@Injectable()
export class OidcSignInFlow {
  private readonly logger = new Logger('Tokenward');

  constructor(
    private readonly methods: FactorMethods,
    private readonly requests: OidcRequests,
    private readonly accounts: IdentityAccounts,
    private readonly verifier: PasswordVerifier,
    private readonly sessions: SessionStore,
    private readonly byAccessToken: NamedSessions,
    private readonly verification: SendVerificationFlow,
    private readonly devices: DeviceIds,
    private readonly throttle: LoginThrottle,
    private readonly signIn: CompleteSignIn,
    private readonly events: AuthEventPublisher,
    private readonly options: ResolvedAuthOptions,
    private readonly clock: Clock,
    users: UserDirectory,
  ) {
    if (methods.oidc) assertFitsHost(methods.oidc, options, users);
  }

  /** The URL to send the browser to, and the value of the cookie that it keeps meanwhile. */
  async begin(
    provider: string,
    { redirectUri, returnTo: wanted, device, maxAgeSeconds, tenant }: OidcBeginning,
  ): Promise<{ readonly url: string; readonly browser: string }> {
    const { method } = this.methods.needProvider(provider);
    // the caller may have sent a text of any length; only a genuine device id is stored
    const known = this.devices.genuine(device) === undefined ? undefined : device;
    const asked = { provider, returnTo: returnPath(wanted), device: known, maxAgeSeconds, tenant };
    const begun = this.requests.begin(asked, redirectUri);
    return { url: await method.authorizationUrl(provider, begun.request), browser: begun.browser };
  }

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
    if (!asked) return this.refused('no live state of this browser', '/', client);
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
      return { returnTo: asked.returnTo, result: await this.judged(asked, parameters, client) };
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
    const { provider, request, device } = asked;
    const links = this.methods.needProvider(provider);
    // before the state of the user is read
    const asOfMs = this.clock.now();
    const answer = await links.method.person(provider, parameters, request);
    if (answer.kind === 'refused') throw new AuthError('login_refused', answer.detail);
    const { person } = answer;
    if (![person.issuerSubject, person.sid ?? 'none'].every((name) => NAME.test(name)))
      throw new AuthError('login_refused', 'the sub or sid is longer than one can be');
    const provedAt = this.provedAt(person, asOfMs);
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
        account,
        expected,
        transport: 'cookie',
        persistent: false,
        asOfMs,
        deviceId,
        amr: ['fed'],
        device,
        provedAt,
        provider: vouchedBy(person),
      },
      client,
    );
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

  private async link(links: Provider, linking: Linking, person: OidcPerson): Promise<'linked'> {
    const { subject, state, sessionId } = linking;
    const known = await links.identities.find(person);
    if (known?.subject === subject) return 'linked';
    // a sign-out in between, also of this session only, ends the request
    const [session, found] = [
      await this.sessions.read(sessionId),
      await this.verifier.findById(subject),
    ];
    if (!session?.live || session.session.subject !== subject || !found)
      throw new AuthError('login_refused', 'the session that asked for the link has ended');
    const { account } = found;
    await this.accounts.link(links, { account, subject: state }, person, {
      sessionId,
      actorId: subject,
    });
    return 'linked';
  }

  private refused(detail: string, returnTo: string, { ip, tenant }: ClientContext): OidcOutcome {
    this.events.publish({ type: 'login.failed', reason: 'identity', ip, tenant });
    this.logger.debug(`a sign-in at a provider was refused: ${detail}`);
    return { returnTo, result: 'refused' };
  }
}

/** Undefined if the provider cannot report a sign-out. */
function vouchedBy({
  issuer,
  issuerSubject,
  sid,
  issuedAtSeconds,
}: OidcPerson): ProviderSignIn | undefined {
  if (issuedAtSeconds === undefined) return undefined;
  return { issuer, issuerSubject, issuedAtSeconds, ...(sid !== undefined && { sid }) };
}
