import type { Provider } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { RevocationChecker } from '../../verify/revocation/revocation-checker.service.js';
import { AccessTokenVerifier } from '../../verify/tokens/access-token-verifier.service.js';
import { RevocationService } from '../sessions/revocation.service.js';
import { LegacyLogout } from './legacy-logout.service.js';

type Needed = [AccessTokenVerifier, RevocationChecker, UserDirectory, RevocationService, Clock];

/** Undefined where `accessToken.legacy` names nobody. */
export const LEGACY_LOGOUT: Provider = {
  provide: LegacyLogout,
  useFactory: ({ accessToken }: ResolvedAuthOptions, ...needed: Needed) =>
    accessToken.legacy.length > 0 ? new LegacyLogout(...needed) : undefined,
  inject: [
    ResolvedAuthOptions,
    AccessTokenVerifier,
    RevocationChecker,
    UserDirectory,
    RevocationService,
    Clock,
  ],
};
