import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AuthError } from '../../common/auth-error.js';
import { isVisible } from '../../common/visible-text.js';
import { TOKEN_DELIVERIES } from '../../contract/index.js';
import { headerValues, type HttpRequest } from '../../verify/http/adapter.js';
import { readRetryKey, type RetryKey } from '../sessions/retry-key.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { normaliseEmail } from '../../common/normalise-email.js';
import { MOST_SECONDS } from '../flows/api-keys.flow.js';
import type { RegisterInput } from '../users/registration-form.service.js';

/** For existing accounts, which may be older than the stricter rule below: one `@`, no blanks. */
const SOME_EMAIL = /^[^\s@]+@[^\s@]+$/u;

/** Checked before trimming, because that also removes line breaks and byte order marks. */
const visible = (error: string) => z.string({ error }).refine(isVisible, { error });
/** RFC 5321, section 4.5.3.1: 64 + 1 + 255. */
const email = (error = 'must be an email address of at most 320 characters') =>
  visible(error).trim().max(320, { error }).regex(SOME_EMAIL, { error });
/** The HTML standard's rule (`<input type=email>`), for an email that will be stored. */
const newEmail = (error = 'must be an email address of at most 320 characters') =>
  email(error)
    .transform(normaliseEmail)
    .pipe(z.string().max(320, { error }).regex(z.regexes.html5Email, { error }));
const name = (error = 'must be text of 1 to 200 visible characters') =>
  visible(error).trim().min(1, { error }).max(200, { error });
const text = (error = 'must be a string') => z.string({ error });
const flag = (error = 'must be true or false') => z.boolean({ error });

/** Bounded before anything reads it. A login does not learn the minimum length. */
function password(maxBytes: number) {
  const error = `must be text of 1 to ${maxBytes} bytes`;
  return z
    .string({ error })
    .min(1, { error })
    .refine((value) => Buffer.byteLength(value) <= maxBytes, { error });
}

const permissions = (error = 'must be a list of at most 1,000 names') =>
  z.array(visible(error).min(1, { error }).max(200, { error }), { error }).max(1000, { error });
const wholeSeconds = (error = 'must be a whole number of seconds above 0') =>
  z.int({ error }).min(1, { error }).max(MOST_SECONDS, { error });

/** It is compared after `identifier.normalise`. */
const otherName = (error = 'must be text of 1 to 320 visible characters') =>
  visible(error).trim().min(1, { error }).max(320, { error });

/** What several bodies have. */
function sharedFields({ passwords }: ResolvedAuthOptions) {
  const transport = z.enum(TOKEN_DELIVERIES, {
    error: `must be one of ${TOKEN_DELIVERIES.join(', ')}`,
  });
  return {
    secret: password(passwords.maxBytes),
    // any length is accepted here: a text that is not a token is 401, not 400 (contract, section 5)
    refreshToken: text().optional(),
    code: text('must be text of 1 to 64 characters').min(1).max(64),
    // the WebAuthn library checks the content
    answer: z.record(z.string(), z.unknown(), { error: 'must be an object' }),
    device: text().optional(),
    /** What a sign-in may choose. */
    choices: { rememberMe: flag().optional(), transport: transport.optional() },
  };
}

function schemas(options: ResolvedAuthOptions) {
  const shared = sharedFields(options);
  const { secret, refreshToken, device, choices } = shared;
  const byEmail = options.identifier.name === 'email';
  return {
    register: z.object({
      identifier: byEmail ? newEmail() : otherName(),
      email: newEmail().optional(),
      password: secret,
      name: name().optional(),
    }),
    login: z.object({
      identifier: byEmail ? email() : otherName(),
      password: secret,
      device,
      ...choices,
    }),
    forgot: z.object({ email: email() }),
    changeEmail: z.object({ email: newEmail() }),
    // any text is accepted here: one that is not a token is refused like a spent token
    link: z.object({ token: text() }),
    reset: z.object({ token: text(), newPassword: secret, device }),
    magicLogin: z.object({ token: text(), device, ...choices }),
    refresh: z.object({ refreshToken }),
    password: z.object({ currentPassword: secret, newPassword: secret, refreshToken }),
    apiKey: z.object({
      name: name(),
      permissions: permissions().optional(),
      expiresIn: wholeSeconds().optional(),
    }),
    linkIdentity: z.object({ returnTo: text().optional() }),
    ...factorSchemas(shared),
  };
}

function factorSchemas({
  secret,
  refreshToken,
  code,
  answer,
  device,
  choices,
}: ReturnType<typeof sharedFields>) {
  return {
    reauthenticate: z
      .object({
        password: secret.optional(),
        code: code.optional(),
        ticket: text().optional(),
        refreshToken,
        passkey: answer.optional(),
      })
      .refine(({ password, code: given, passkey }) => Boolean(password ?? given ?? passkey), {
        error: 'must be given',
        path: ['password'],
      }),
    secondFactor: z
      .object({
        ticket: text(),
        code: code.optional(),
        recoveryCode: code.optional(),
        device,
        passkey: answer.optional(),
      })
      .refine(
        (given) => [given.code, given.recoveryCode, given.passkey].filter(Boolean).length === 1,
        {
          error: 'one of code, recoveryCode and passkey must be given',
          path: ['code'],
        },
      ),
    factorName: z.object({ name: name().optional() }),
    confirmTotp: z.object({ id: text(), code }),
    ticket: z.object({ ticket: text().optional() }),
    registerPasskey: z.object({ ticket: text(), response: answer, name: name().optional() }),
    passkeyLogin: z.object({ ticket: text(), response: answer, device, ...choices }),
  };
}

type Schemas = ReturnType<typeof schemas>;

/**
 * The schemas of the request bodies. Unknown members are ignored. A refusal names the field and never quotes its value.
 */
@Injectable()
export class RequestSchemas {
  private readonly schemas: Schemas;
  /** The name of the identifier in the bodies. */
  private readonly called: string;
  private readonly retries: boolean;

  constructor(options: ResolvedAuthOptions) {
    this.schemas = schemas(options);
    this.called = options.identifier.name;
    this.retries = options.refreshToken.retryWindowMs > 0;
  }

  /**
   * The `Idempotency-Key` of a request. Throws `input_invalid` if it is malformed or repeated, also when retries are
   * off.
   */
  retryKey(request: HttpRequest): RetryKey | undefined {
    const values = headerValues(request, 'idempotency-key');
    if (values.length === 0) return undefined;
    const key = values.length === 1 ? readRetryKey(values[0] as string) : undefined;
    if (!key)
      throw new AuthError('input_invalid', 'Idempotency-Key', {
        fields: { 'Idempotency-Key': 'must be 22 to 128 characters of A-Z a-z 0-9 - _' },
      });
    return this.retries ? key : undefined;
  }

  /** Throws `input_invalid`. */
  read<K extends keyof Schemas>(route: K, body: unknown): z.infer<Schemas[K]> {
    const parsed = this.schemas[route].safeParse(this.renamed(body));
    if (parsed.success) return parsed.data as z.infer<Schemas[K]>;
    throw new AuthError('input_invalid', `body of ${route}`, {
      fields: fieldsOf(parsed.error, this.called),
    });
  }

  /** Throws `input_invalid`. The flow checks the host's own fields. */
  registration(body: unknown): RegisterInput {
    const input = this.read('register', body);
    const known = new Set([this.called, 'email', 'password', 'name']);
    const others = Object.entries(body as object).filter(([name]) => !known.has(name));
    return { ...input, others: Object.fromEntries(others) };
  }

  /** Renames the host's identifier to `identifier`. */
  private renamed(body: unknown): unknown {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
    return {
      ...body,
      identifier: Object.hasOwn(body, this.called) ? Reflect.get(body, this.called) : undefined,
    };
  }
}

/** The schemas above carry fixed messages; only a body that is not an object needs one here. */
function fieldsOf(error: z.ZodError, identifier: string): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (const { path, message } of error.issues) {
    const [field] = path[0] === 'identifier' ? [identifier] : path;
    fields[String(field ?? 'body')] = field === undefined ? 'must be a JSON object' : message;
  }
  return fields;
}
