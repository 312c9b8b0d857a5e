import type { Principal } from '../common/principal.js';
import type { CheckOptions } from './revocation/revocation-checker.service.js';

/** What an API key begins with. An access token never does. */
export const API_KEY_PREFIX = 'tw_';

/** Whom an API key stands for. A service that only verifies has none, and knows no keys. */
export abstract class ApiKeyLookup {
  /** Throws `token_refused`, `throttled` or `unavailable`; synchronous once the process has seen the key. */
  abstract authenticate(
    key: string,
    ip: string | undefined,
    options?: CheckOptions,
  ): Principal | Promise<Principal>;
  /** Whom the key stands for now, for one who was let in before: its owner's role may have changed. Throws as `authenticate`. */
  abstract lookAgain(principal: Principal, options?: CheckOptions): Promise<Principal>;
  /** The same key as the database has it now, for who was let in before. Throws as `authenticate`. */
  abstract confirm(principal: Principal): Promise<Principal>;
}
