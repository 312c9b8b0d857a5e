import { AuthError } from './auth-error.js';

/** The name of the instance of an app that has only one. */
export const DEFAULT_INSTANCE = 'default';
/** Injection token of the instance's own name, visible only inside its module. */
export const AUTH_INSTANCE = Symbol('AUTH_INSTANCE');

const NAME = /^[a-z][a-z0-9-]{0,30}$/;

/**
 * Injection token of a provider of one instance of the module: `@Inject(authToken(AuthService, 'staff'))`. Without a
 * name it belongs to the unnamed instance, where the class itself is a token too.
 */
export function authToken(
  of: { readonly name: string } | symbol,
  instance = DEFAULT_INSTANCE,
): string {
  const name = typeof of === 'symbol' ? String(of.description) : nameOf(of);
  return `tokenward:${instance}:${name}`;
}

const names = new WeakMap<object, string>();
const given = new Map<string, number>();

/**
 * A minifying bundler gives classes of different files the same name (`t`). Each after the first gets a number, so
 * that one is not injected for another.
 */
function nameOf(of: { readonly name: string }): string {
  const known = names.get(of);
  if (known !== undefined) return known;
  const before = given.get(of.name) ?? 0;
  given.set(of.name, before + 1);
  const name = before === 0 ? of.name : `${of.name}~${before}`;
  names.set(of, name);
  return name;
}

/** The name becomes part of cookie names and paths. Throws `configuration_invalid`. */
export function instanceName(given: string | undefined): string {
  if (given === undefined) return DEFAULT_INSTANCE;
  if (given !== DEFAULT_INSTANCE && NAME.test(given)) return given;
  throw AuthError.configuration(
    'name',
    'cannot be the name of an instance; write it as staff or back-office',
  );
}
