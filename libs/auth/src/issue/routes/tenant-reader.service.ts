import { HttpException, Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { withDeadline } from '../../common/deadline.js';
import type { ClientContext } from '../../common/principal.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { clientOf, type HttpRequest } from '../../verify/http/adapter.js';

/** The form of a tenant's name: short and without control characters (Postgres refuses NUL). */
const TENANT = /^\P{Cc}{1,255}$/u;

/** The client of a request that names a user by an identifier, and the tenant whose users are searched. */
@Injectable()
export class TenantReader {
  constructor(private readonly options: ResolvedAuthOptions) {}

  async clientOf(request: HttpRequest): Promise<ClientContext> {
    const tenant = await this.tenantOf(request);
    const isName = typeof tenant === 'string' && TENANT.test(tenant);
    return { ...clientOf(request), ...(isName && { tenant }) };
  }

  /**
   * If the host's hook throws an `HttpException` (404 for an unknown host name), that is the answer. Any other
   * failure is an outage.
   */
  private async tenantOf(request: HttpRequest): Promise<string | undefined> {
    const {
      identifier: { tenant },
      storeDeadlineMs,
    } = this.options;
    if (!tenant) return undefined;
    try {
      const answer = Promise.resolve().then(() => tenant(request));
      return await withDeadline(answer, storeDeadlineMs, 'identifier.tenant');
    } catch (error) {
      if (error instanceof HttpException) throw error;
      throw AuthError.unavailable('identifier.tenant failed', error);
    }
  }
}
