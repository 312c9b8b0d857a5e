import { Injectable } from '@nestjs/common';
import { RevocationChecker, type Verdict } from './revocation-checker.service.js';

/** Of a service that only verifies and was given no Redis: it can know of no revocation, and says so at boot. */
@Injectable()
export class UncheckedRevocations extends RevocationChecker {
  override check(): Verdict {
    return 'live';
  }
}
