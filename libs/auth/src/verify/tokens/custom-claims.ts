import { AuthError } from '../../common/auth-error.js';
import type { StandardResult, StandardSchemaV1 } from '../../common/standard-schema.js';
import { OWN_CLAIMS } from './access-claims.js';
import type { JsonObject } from './strict-json.js';

export type CustomClaims = Readonly<Record<string, unknown>>;
export type CustomClaimsCheck =
  | { readonly kind: 'accepted'; readonly claims: CustomClaims }
  /** Paths of the claims that the schema refused, as lists of names; an empty path means all claims. Never values. */
  | { readonly kind: 'refused'; readonly paths: readonly (readonly string[])[] };

/** The host's claims: every claim that is not Tokenward's own. */
export function hostClaims(payload: JsonObject): CustomClaims {
  return Object.fromEntries(Object.entries(payload).filter(([name]) => !OWN_CLAIMS.has(name)));
}

/**
 * Checks the claims by the host's schema, both at issue and at verification. The result is frozen,
 * because a cache shares it.
 */
export function checkCustomClaims(
  claims: CustomClaims,
  schema?: StandardSchemaV1,
): CustomClaimsCheck {
  if (!schema) return { kind: 'accepted', claims: deepFreeze(claims) };
  const result = validate(schema, claims);
  if (result.issues)
    return { kind: 'refused', paths: result.issues.map(({ path }) => namesOf(path)) };
  if (typeof result.value !== 'object' || result.value === null || Array.isArray(result.value)) {
    throw AuthError.configuration(
      'accessToken.claimsSchema',
      'must describe an object: its members are the added claims',
    );
  }
  return { kind: 'accepted', claims: deepFreeze(result.value as CustomClaims) };
}

function validate(schema: StandardSchemaV1, claims: CustomClaims): StandardResult<unknown> {
  const result = schema['~standard'].validate(claims);
  if (!isPromise(result)) return result;
  result.then(undefined, () => undefined);
  throw AuthError.configuration(
    'accessToken.claimsSchema',
    'answers with a promise: remove its asynchronous checks, tokens are verified synchronously',
  );
}

function isPromise<T extends object>(value: T | Promise<T>): value is Promise<T> {
  return 'then' in value && typeof value.then === 'function';
}

type IssuePath = readonly (PropertyKey | { readonly key: PropertyKey })[];
function namesOf(path: IssuePath | undefined): readonly string[] {
  return (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step));
}

/** Freezes plain objects and lists at any depth; without recursion, so that depth does not use the stack. */
function deepFreeze<T extends object>(root: T): T {
  const seen = new Set<object>();
  const open: object[] = [root];
  for (let next = open.pop(); next; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(Object.freeze(next));
    for (const value of Object.values(next)) {
      if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
        open.push(value as object);
    }
  }
  return root;
}
