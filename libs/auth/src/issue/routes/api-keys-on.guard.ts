import { type CanActivate, type ExecutionContext, Injectable, NotFoundException } from '@nestjs/common';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { HttpRequest } from '../../verify/http/adapter.js';
import { PreparesRefusals } from '../../verify/http/refused.js';

/** The routes are there before the options are known; without `apiKeys` they answer as the router does where there are none. */
@Injectable()
export class ApiKeysOnGuard implements CanActivate {
  constructor(private readonly options: ResolvedAuthOptions) {}

  @PreparesRefusals()
  canActivate(context: ExecutionContext): boolean {
    if (this.options.apiKeys) return true;
    const { method = 'POST', originalUrl, url = '' } = context.switchToHttp().getRequest<HttpRequest>();
    throw new NotFoundException(`Cannot ${method} ${(originalUrl ?? url).split('?', 1)[0] ?? ''}`);
  }
}
