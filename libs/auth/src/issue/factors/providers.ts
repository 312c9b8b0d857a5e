import type { Provider } from '@nestjs/common';
import { LinkIdentityFlow } from '../flows/link-identity.flow.js';
import { ManageFactorsFlow } from '../flows/manage-factors.flow.js';
import { OidcBeginFlow } from '../flows/oidc-begin.flow.js';
import { OidcReturnFlow } from '../flows/oidc-return.flow.js';
import { OidcSignInFlow } from '../flows/oidc-sign-in.flow.js';
import { PasskeyLoginFlow } from '../flows/passkey-login.flow.js';
import { ProviderLogoutFlow } from '../flows/provider-logout.flow.js';
import { SecondFactorLoginFlow } from '../flows/second-factor-login.flow.js';
import { IdentityAccounts } from '../oidc/identity-accounts.service.js';
import { ProviderAnswers } from '../oidc/provider-answers.service.js';
import { ProviderLogouts } from '../oidc/provider-logouts.service.js';
import { UnlinkedAccounts } from '../oidc/unlinked-accounts.service.js';
import { OidcRequests } from '../oidc/oidc-requests.service.js';
import { CredentialProof } from './credential-proof.service.js';
import { FactorAnswers } from './factor-answers.service.js';
import { FreshProof } from './fresh-proof.service.js';
import { PasskeyCeremonies } from './passkey-ceremonies.service.js';
import { SecondStep } from './second-step.service.js';
import { TotpCodes } from './totp-codes.service.js';

/** Second factors. Needs `FactorMethods`, which is made from the options. */
export const FACTOR_PROVIDERS: Provider[] = [
  TotpCodes,
  PasskeyCeremonies,
  FactorAnswers,
  SecondStep,
  FreshProof,
  CredentialProof,
  SecondFactorLoginFlow,
  PasskeyLoginFlow,
  ManageFactorsFlow,
  OidcRequests,
  UnlinkedAccounts,
  ProviderLogouts,
  ProviderLogoutFlow,
  IdentityAccounts,
  ProviderAnswers,
  OidcBeginFlow,
  OidcSignInFlow,
  LinkIdentityFlow,
  OidcReturnFlow,
];
