import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { RevocableToken } from '../../storage/ledger-entry.js';
import {
  type CheckOptions,
  RevocationChecker,
  type Verdict,
} from './revocation-checker.service.js';

/** For a service that only verifies and has no Redis: it cannot learn of any revocation, and says so at boot. */
@Injectable()
export class UncheckedRevocations extends RevocationChecker {
  /** Throws `unavailable` if a route or the options require the check. */
  override check(_token: RevocableToken, options?: CheckOptions): Verdict {
    if (this.isStrict || options?.revocationMode === 'strict')
      throw AuthError.unavailable(
        'strict revocation asks the stores, and this service has no redis',
      );
    return 'live';
  }
}
