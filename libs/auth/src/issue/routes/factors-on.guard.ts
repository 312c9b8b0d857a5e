import { type CanActivate, type ExecutionContext, Injectable, NotFoundException } from '@nestjs/common';
import { FactorMethods } from '../factors/factor-methods.js';
import type { HttpRequest } from '../../verify/http/adapter.js';

/** The routes are there before the options are known; without `factors` they answer as the router does where there are none. */
@Injectable()
export class FactorsOnGuard implements CanActivate {
  constructor(private readonly methods: FactorMethods) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.methods.store) return true;
    const { method = 'POST', originalUrl, url = '' } = context.switchToHttp().getRequest<HttpRequest>();
    throw new NotFoundException(`Cannot ${method} ${(originalUrl ?? url).split('?', 1)[0] ?? ''}`);
  }
}
