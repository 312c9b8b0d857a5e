import { AuthError } from './auth-error.js';

/**
 * Whether a store of the host says yes. What a driver says of rows (`{ count: 0 }`, `[]`) would count as true in an
 * `if`: anything but a boolean throws `unavailable`, with the name of the method.
 */
export function saidYes(method: string, answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  throw AuthError.unavailable(`${method} must answer true or false`);
}
