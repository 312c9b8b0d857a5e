import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { httpRequestOf } from '../../verify/guards/call-context.js';
import { clientOf } from '../../verify/http/adapter.js';
import { PreparesRefusals } from '../../verify/http/refused.js';
import { LoginThrottle } from '../users/login-throttle.service.js';

/**
 * For routes of the host whose input can be guessed (a code, an invitation). Each request counts against its network
 * address, together with the failed logins from there (`throttle.address`, 100 in 15 minutes), and the count is not
 * given back on success. Past the limit the answer is 429 with `Retry-After`. For HTTP and GraphQL.
 */
@Injectable()
export class ThrottleGuard implements CanActivate {
  constructor(private readonly throttle: LoginThrottle) {}

  @PreparesRefusals()
  async canActivate(context: ExecutionContext): Promise<boolean> {
    await this.throttle.admitAddress(clientOf(httpRequestOf(context, 'ThrottleGuard')).ip);
    return true;
  }
}
