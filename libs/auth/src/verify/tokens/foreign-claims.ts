import type { JsonObject } from './strict-json.js';
import { isInstant, isText, isTextList } from './verification-policy.js';

/** What a principal of a token that is not ours must say. */
interface PrincipalFacts {
  readonly id: string;
  readonly role?: string;
  readonly permissions?: readonly string[];
}

/** A NumericDate may have a fraction (RFC 7519, section 2). It is rounded to the stricter side. */
export function wholeSeconds(date: unknown, round: (value: number) => number): number | undefined {
  const rounded = typeof date === 'number' ? round(date) : undefined;
  return isInstant(rounded) ? rounded : undefined;
}

/** Whether a claim holds one of the expected audiences. */
export function namesAudience(given: unknown, expected: readonly string[]): boolean {
  const audiences = typeof given === 'string' ? [given] : given;
  return isTextList(audiences) && audiences.some((each) => expected.includes(each));
}

/** The result of a host's hook for the claims; undefined if it threw or the result is invalid. */
export function readByHook<Facts extends PrincipalFacts>(
  hook: (claims: JsonObject) => Facts | undefined,
  payload: JsonObject,
): Facts | undefined {
  let given: Facts | undefined;
  try {
    given = hook(payload);
  } catch {
    // claims that the hook cannot read are not accepted
    return undefined;
  }
  if (!given || !isText(given.id)) return undefined;
  if (given.role !== undefined && !isText(given.role)) return undefined;
  if (given.permissions !== undefined && !isTextList(given.permissions)) return undefined;
  return given;
}
