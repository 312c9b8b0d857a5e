import type { Principal } from '../common/principal.js';
import type { CheckOptions } from './revocation/revocation-checker.service.js';

/** The prefix of an API key. An access token never begins with it. */
export const API_KEY_PREFIX = 'tw_';

/** Finds the principal of an API key. A verify-only service has no such look-up and does not know keys. */
export abstract class ApiKeyLookup {
  /** Throws `token_refused`, `throttled` or `unavailable`; synchronous once the process has seen the key. */
  abstract authenticate(
    key: string,
    ip: string | undefined,
    options?: CheckOptions,
  ): Principal | Promise<Principal>;
  /**
   * The current principal of a key that was accepted before, because the owner's role may have changed. Throws like
   * `authenticate`.
   */
  abstract lookAgain(principal: Principal, options?: CheckOptions): Promise<Principal>;
  /**
   * The principal of the key as the database has it now, for a key that was accepted before. Throws like
   * `authenticate`.
   */
  abstract confirm(principal: Principal): Promise<Principal>;
}
