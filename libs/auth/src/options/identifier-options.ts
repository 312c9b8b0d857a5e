import type { IncomingHttpHeaders } from 'node:http';
import { group, handle, hook, text } from '../common/option-schema.js';
import type { StandardSchemaV1 } from '../common/standard-schema.js';

/** The request, as far as `identifier.tenant` may read it. On Express and Fastify it is the adapter's own request. */
export interface TenantRequest {
  readonly headers: IncomingHttpHeaders;
  readonly url?: string;
  readonly originalUrl?: string;
  readonly params?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly ip?: string;
}

export interface IdentifierOptions {
  /** The name of the field in the bodies and errors of login and register, such as `username`. Default `email`. */
  readonly name?: string;
  /**
   * Further changes to an identifier before it is compared and stored, after the default ones: trimmed, NFKC, lower
   * case. An email is lower-cased once more afterwards. If the function throws or returns an empty text, the answer
   * is 400 and names the field.
   */
  readonly normalise?: (typed: string) => string;
  /**
   * The tenant of a sign-in or registration, read from the subdomain, for example. With undefined no user is found. A
   * Nest exception goes to the caller, any other error is 503. The caller controls what is read here, so use it only
   * to select the set of users. Default: one set of users.
   */
  readonly tenant?: (request: TenantRequest) => string | undefined | Promise<string | undefined>;
}

export interface RegistrationOptions {
  /**
   * A Standard Schema (zod, valibot, arktype …) for further fields of the body, which go to `UserDirectory.create` as
   * `fields`. The schema must not rename fields. A field that it does not return is refused. So are `role`,
   * `permissions`, `disabled`, `tokenVersion` and every other field that Tokenward sets itself, even if the schema
   * accepts them. Default: none; unknown fields are ignored.
   */
  readonly fields?: StandardSchemaV1;
}

export interface ResolvedIdentifier {
  readonly name: string;
  readonly normalise?: (typed: string) => string;
  readonly tenant?: IdentifierOptions['tenant'];
}

const NAME =
  'a name such as username: letters, digits and _, and not the name of another member of the body';

/** The other members of the bodies, whose names the identifier cannot take. */
const OF_THE_BODY: ReadonlySet<string> = new Set(
  'password name rememberMe transport device tenant id role permissions disabled tokenVersion'.split(
    ' ',
  ),
);

export const identifierSchema = group({
  name: text(NAME, /^[a-z]\w{0,31}$/i)
    .refine((name) => !OF_THE_BODY.has(name), `must be ${NAME}`)
    .prefault('email'),
  normalise: hook<NonNullable<IdentifierOptions['normalise']>>().optional(),
  tenant: hook<NonNullable<IdentifierOptions['tenant']>>().optional(),
});

export const registrationSchema = group({
  fields: handle<StandardSchemaV1>(
    (value) => '~standard' in value,
    'a Standard Schema (zod, valibot, arktype …)',
  ).optional(),
});
