import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  NotFoundException,
} from '@nestjs/common';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { HttpRequest } from '../../verify/http/adapter.js';
import { FactorMethods } from '../factors/factor-methods.js';

/**
 * Nest registers these routes before the options are known. Without their option they answer like the router's own 404.
 */
abstract class SwitchedOnGuard implements CanActivate {
  protected abstract readonly isOn: boolean;

  canActivate(context: ExecutionContext): boolean {
    if (this.isOn) return true;
    const {
      method = 'POST',
      originalUrl,
      url = '',
    } = context.switchToHttp().getRequest<HttpRequest>();
    throw new NotFoundException(`Cannot ${method} ${(originalUrl ?? url).split('?', 1)[0] ?? ''}`);
  }
}

@Injectable()
export class AccountsOnGuard extends SwitchedOnGuard {
  protected readonly isOn: boolean;

  constructor({ accounts }: ResolvedAuthOptions) {
    super();
    this.isOn = accounts !== undefined;
  }
}

@Injectable()
export class ApiKeysOnGuard extends SwitchedOnGuard {
  protected readonly isOn: boolean;

  constructor({ apiKeys }: ResolvedAuthOptions) {
    super();
    this.isOn = apiKeys !== undefined;
  }
}

@Injectable()
export class DeviceBoundOnGuard extends SwitchedOnGuard {
  protected readonly isOn: boolean;

  constructor({ deviceBound }: ResolvedAuthOptions) {
    super();
    this.isOn = deviceBound.mode !== 'off';
  }
}

@Injectable()
export class OidcOnGuard extends SwitchedOnGuard {
  protected readonly isOn: boolean;

  constructor({ oidc }: FactorMethods) {
    super();
    this.isOn = oidc !== undefined;
  }
}

@Injectable()
export class FactorsOnGuard extends SwitchedOnGuard {
  protected readonly isOn: boolean;

  constructor({ store }: FactorMethods) {
    super();
    this.isOn = store !== undefined;
  }
}
