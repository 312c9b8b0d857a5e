import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { OidcLogout } from '../../options/oidc-options.js';
import { FactorMethods, type Provider } from '../factors/factor-methods.js';
import { ProviderLogouts } from '../oidc/provider-logouts.service.js';
import { Announcer } from '../sessions/announcer.service.js';
import { LoginThrottle } from '../users/login-throttle.service.js';

/**
 * A provider says that a person has signed out there: the sessions here that came from it end (OpenID Connect
 * Back-Channel Logout 1.0).
 */
@Injectable()
export class ProviderLogoutFlow {
  constructor(
    private readonly methods: FactorMethods,
    private readonly logouts: ProviderLogouts,
    private readonly announcer: Announcer,
    private readonly throttle: LoginThrottle,
  ) {}

  /**
   * A session that has ended before is not an error. Throws `input_invalid`, which counts against the address,
   * `throttled`, `unavailable`.
   */
  async logout(provider: string, logoutToken: string, ip: string | undefined): Promise<void> {
    const links = this.methods.needProvider(provider);
    const admission = await this.throttle.admitLookUp(ip);
    const outcome = await this.ended(links, provider, logoutToken).catch(async (error: unknown) => {
      await admission.giveBack();
      throw error;
    });
    if (outcome !== 'ended')
      throw new AuthError('input_invalid', `logout_token: ${outcome.detail}`, {
        fields: { logout_token: 'not accepted' },
      });
    await admission.giveBack();
  }

  private async ended(
    { method, identities }: Provider,
    provider: string,
    logoutToken: string,
  ): Promise<'ended' | { readonly detail: string }> {
    const answer = await method.logout(provider, logoutToken);
    if (answer.kind === 'refused') return answer;
    const logout: OidcLogout = answer.logout;
    if (await this.logouts.wasUsed(logout)) return { detail: 'used before' };
    await this.logouts.remember(logout);
    const { issuer, issuerSubject, sid } = logout;
    await this.announcer.announce(await identities.endSessions({ issuer, issuerSubject, sid }));
    // marked as used only after the sessions have ended: if the process dies before, the provider's next try ends them
    return (await this.logouts.isFirstUse(logout)) ? 'ended' : { detail: 'used at the same time' };
  }
}
