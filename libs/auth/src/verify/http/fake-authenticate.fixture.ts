import { AuthError } from '../../common/auth-error.js';
import type { Principal } from '../../common/principal.js';
import type { AuthenticateOptions } from '../authenticate.js';
import type { PresentedToken } from '../presented-token.js';
import { NOW_MS, principal } from './samples.fixture.js';

/** Tokens by name: `good`, `admin`, `slow` (answers later), `down`; anything else is refused. */
export class FakeAuthenticateFlow {
  readonly revocationModes: (string | undefined)[] = [];
  confirmed: 'agrees' | 'disagrees' | 'down' = 'agrees';
  known: Readonly<Record<string, Principal>> = {
    good: principal(),
    admin: principal({ id: 'u2', role: 'admin', permissions: ['notes:read', 'notes:write'] }),
    strong: principal({ amr: ['pwd', 'otp', 'mfa'] }),
    acting: principal({ actor: { id: 'u2' }, authTime: NOW_MS / 1000 }),
    early: principal({ authTime: NOW_MS / 1000 + 301 }),
    bare: principal({
      id: 'u3',
      role: undefined,
      permissions: [],
      authTime: undefined,
      amr: undefined,
    }),
  };

  authenticate(
    presented: PresentedToken,
    options?: AuthenticateOptions,
  ): Principal | Promise<Principal> {
    this.revocationModes.push(options?.revocationMode);
    if (presented.kind === 'none') throw new AuthError('token_missing', 'none');
    const value = presented.kind === 'token' ? presented.value : '';
    if (value === 'slow') return Promise.resolve(principal());
    if (value === 'slowly-down') return Promise.reject(AuthError.unavailable('redis'));
    if (value === 'down') throw AuthError.unavailable('redis');
    const found = Object.hasOwn(this.known, value) ? this.known[value] : undefined;
    if (!found) throw new AuthError('token_refused', 'a reason that must not show');
    return found;
  }

  assertCanConfirm(): void {
    // this test double can always answer
  }

  confirm(subject: Principal): Promise<Principal> {
    if (this.confirmed === 'down') return Promise.reject(AuthError.unavailable('postgres'));
    if (this.confirmed === 'disagrees')
      return Promise.reject(new AuthError('token_refused', 'role changed'));
    return Promise.resolve(subject);
  }
}
