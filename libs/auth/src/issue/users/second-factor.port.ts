import type { ClientContext } from '../../common/principal.js';
import type { UserAccount } from '../../storage/user-directory.port.js';

/**
 * Called after a correct password. `needed` stops the login with the error `second_factor_required`
 * and opens no session. The host runs its own second step and then calls
 * `AuthService.openSession(userId, { amr: ['pwd', 'otp'] })`.
 */
export abstract class SecondFactor {
  abstract ask(
    account: UserAccount,
    client: ClientContext,
  ): Promise<'needed' | 'not_needed'> | 'needed' | 'not_needed';
}
