import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { Principal } from '../../common/principal.js';
import type { Identity } from '../../storage/identity-store.port.js';
import { SessionStore } from '../../storage/session-store.port.js';
import { FactorMethods } from '../factors/factor-methods.js';
import { FreshProof } from '../factors/fresh-proof.service.js';
import { IdentityAccounts } from '../oidc/identity-accounts.service.js';
import { type Linking, OidcRequests } from '../oidc/oidc-requests.service.js';
import type { VouchedPerson } from '../oidc/provider-answers.service.js';
import { returnPath } from '../oidc/return-path.js';
import { Announcer } from '../sessions/announcer.service.js';
import { givingBack, LoginThrottle } from '../users/login-throttle.service.js';
import { PasswordVerifier } from '../users/password-verifier.service.js';

/**
 * The caller's identities at providers. To link and to unlink need a fresh proof (`FreshProof`); the owner is told by
 * mail.
 */
@Injectable()
export class LinkIdentityFlow {
  constructor(
    private readonly methods: FactorMethods,
    private readonly proof: FreshProof,
    private readonly requests: OidcRequests,
    private readonly announcer: Announcer,
    private readonly accounts: IdentityAccounts,
    private readonly sessions: SessionStore,
    private readonly verifier: PasswordVerifier,
    private readonly throttle: LoginThrottle,
  ) {}

  /** The linked identities, the oldest first; also those of providers that are not configured any more. */
  list({ id }: Principal): Promise<readonly Identity[]> {
    return this.methods.identities?.of(id) ?? Promise.resolve([]);
  }

  /**
   * The URL to send the browser to, and the value of the cookie that it keeps meanwhile. Throws `provider_not_found`,
   * `proof_too_old`.
   */
  async begin(
    principal: Principal,
    {
      provider,
      redirectUri,
      wanted,
    }: Readonly<Record<'provider' | 'redirectUri', string>> & {
      readonly wanted?: string;
    },
  ): Promise<{ readonly url: string; readonly browser: string }> {
    const { method } = this.methods.needProvider(provider);
    const { id: subject, sessionId } = principal;
    const factors = await this.proof.of(principal);
    if (!factors) throw new AuthError('factor_not_found', 'factors is not configured');
    const linking = { subject, sessionId, state: factors.state };
    const begun = this.requests.begin(
      { provider, returnTo: returnPath(wanted), linking },
      redirectUri,
    );
    return { url: await method.authorizationUrl(provider, begun.request), browser: begun.browser };
  }

  /**
   * The provider vouched for the person. Throws `login_refused` where the session has ended in between, and `throttled`.
   */
  async finish(
    { subject, state, sessionId }: Linking,
    { provider, person }: Pick<VouchedPerson, 'provider' | 'person'>,
  ): Promise<void> {
    const known = await provider.identities.find(person);
    if (known?.subject === subject) return;
    // a sign-out in between, also of this session only, ends the request
    const session = await this.sessions.read(sessionId);
    const found = await this.verifier.findById(subject);
    if (!session?.live || session.session.subject !== subject || !found)
      throw new AuthError('login_refused', 'the session that asked for the link has ended');
    const by = { sessionId, actorId: subject };
    const owner = { account: found.account, subject: state };
    await givingBack(await this.throttle.admitFactor(subject), () =>
      this.accounts.link(provider, owner, person, by),
    );
  }

  /** Throws `provider_not_found`, also where no identity of it is linked, and `proof_too_old`. */
  async remove(principal: Principal, provider: string): Promise<void> {
    const { identities, issuer } = this.methods.needProvider(provider);
    const { id: subject, sessionId } = principal;
    const factors = await this.proof.of(principal);
    const outcome =
      factors &&
      (await identities.change({
        subject,
        sessionId,
        actorId: subject,
        expected: factors.state,
        act: { kind: 'identity_unlinked', issuer },
      }));
    if (outcome?.kind === 'unfit')
      throw new AuthError('provider_not_found', 'nothing of it is linked');
    if (outcome?.kind !== 'changed')
      throw new AuthError('token_refused', 'the factors or the sessions changed meanwhile', {
        cookies: 'keep',
      });
    await this.announcer.announce(outcome);
  }
}
