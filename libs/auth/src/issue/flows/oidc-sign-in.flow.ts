import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { ClientContext } from '../../common/principal.js';
import type { OidcPerson } from '../../options/oidc-options.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { IdentityAccounts } from '../oidc/identity-accounts.service.js';
import type { VouchedPerson } from '../oidc/provider-answers.service.js';
import type { ProviderSignIn } from '../oidc/provider-logouts.service.js';
import { DeviceIds } from '../users/device-id.js';
import { CompleteSignIn, type SignInResult } from './complete-sign-in.service.js';
import { SendVerificationFlow } from './send-verification.flow.js';

/** A person at a provider → session and cookies, `amr: ["fed"]`. */
@Injectable()
export class OidcSignInFlow {
  constructor(
    private readonly accounts: IdentityAccounts,
    private readonly verification: SendVerificationFlow,
    private readonly devices: DeviceIds,
    private readonly completing: CompleteSignIn,
    private readonly options: ResolvedAuthOptions,
  ) {}

  /** `device`: the signed device id of an earlier login. Throws `login_refused`, `email_unverified`. */
  async signIn(
    { provider, person, provedAt, asOfMs }: VouchedPerson,
    device: string | undefined,
    client: ClientContext,
  ): Promise<SignInResult> {
    const { account, subject: expected } = await this.accounts.of(provider, person, client);
    if (this.options.accounts?.verifiedEmail === 'required' && !account.emailVerified) {
      await this.verification.remind({ account, subject: expected }, client);
      throw new AuthError('email_unverified', 'accounts.verifiedEmail is required');
    }
    const deviceId = this.devices.knownId(device, account.id, expected.epoch);
    return this.completing.complete(
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
