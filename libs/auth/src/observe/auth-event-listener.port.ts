import type { AuthEvent } from '../storage/auth-event.js';

/** Receives events: implement it, or pass a function as `onEvent`. A listener that throws is logged and ignored. */
export abstract class AuthEventListener {
  abstract onAuthEvent(event: AuthEvent): void | Promise<void>;
}
