import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import type { StandardIssue } from '../../common/standard-schema.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';

export type Fields = Readonly<Record<string, unknown>>;

/** Values that Tokenward or the host decides, never the person who registers. Compared without case and punctuation. */
const DECIDED_HERE: ReadonlySet<string> = new Set(
  'id sub userid tenant tenantid role roles permission permissions disabled tokenversion sessionepoch passwordhash emailverified'.split(
    ' ',
  ),
);

const UNKNOWN = 'is not a field of registration';

/**
 * The host's additional registration fields, checked by its schema. A refusal names the field and
 * never quotes its value.
 */
@Injectable()
export class RegistrationFields {
  constructor(private readonly options: ResolvedAuthOptions) {}

  /**
   * `others`: the part of the body that the route itself does not know. Undefined without a schema:
   * then these fields are ignored.
   */
  async read(others: Fields): Promise<Fields | undefined> {
    const schema = this.options.registration.fields;
    if (!schema) return undefined;
    const names = Object.keys(others);
    refuse(names.filter(isDecidedHere), UNKNOWN);
    const result = await schema['~standard'].validate(others);
    if (result.issues) throw refusal(result.issues.map(fieldOf), 'is not valid');
    const { value } = result;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw AuthError.configuration('registration.fields', 'must describe an object');
    refuse(
      names.filter((name) => !Object.hasOwn(value, name)),
      UNKNOWN,
    );
    const made = Object.keys(value).filter(isDecidedHere);
    if (made.length > 0)
      throw AuthError.configuration(
        'registration.fields',
        `gives ${made.join(', ')}, which is not for a registration to say: set it in UserDirectory.create`,
      );
    return value as Fields;
  }
}

function isDecidedHere(name: string): boolean {
  return DECIDED_HERE.has(name.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase());
}

function refuse(names: readonly string[], problem: string): void {
  if (names.length > 0) throw refusal(names, problem);
}

function refusal(names: readonly string[], problem: string): AuthError {
  const fields = Object.fromEntries(names.map((name) => [nameable(name), problem]));
  return new AuthError('input_invalid', 'fields of a registration', { fields });
}

/** The name of an unknown field also comes from the caller, so it is not always safe to show. */
function nameable(name: string): string {
  return /^[\w-]{1,64}$/.test(name) ? name : 'body';
}

function fieldOf({ path }: StandardIssue): string {
  const [first] = path ?? [];
  return first === undefined ? 'body' : String(typeof first === 'object' ? first.key : first);
}
