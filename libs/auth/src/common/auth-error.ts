import { HttpException } from '@nestjs/common';
import type { AuthErrorCode, AuthErrorReason, ErrorBody } from '../contract/index.js';
import {
  bodyOf,
  type DpopChallenge,
  type ErrorStatus,
  graphqlCodeOf,
  headersOf,
  statusOf,
} from './refusals.js';

export interface AuthErrorExtra {
  readonly cause?: unknown;
  /** Seconds; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** Seconds; the proof age that the route asks for (RFC 9470, section 3). */
  readonly maxAgeSeconds?: number;
  /** The challenge for a missing or refused proof (RFC 9449, section 7.1). */
  readonly dpop?: DpopChallenge;
  /** The URL of the metadata of the resource (RFC 9728, section 5.1). */
  readonly resourceMetadata?: string;
  /** A challenge for the browser's key, as a header value (Device Bound Session Credentials). */
  readonly sessionChallenge?: string;
  /** Names of the refused fields with the problem, never their values. */
  readonly fields?: Readonly<Record<string, string>>;
  /** The users with the same identifier, for the event. */
  readonly userIds?: readonly string[];
  /** The cookies must be kept after this refusal: otherwise the loser of a race would clear the winner's. */
  readonly cookies?: 'keep';
}

/**
 * Every refusal of Tokenward. Any filter answers it correctly, because status, body, headers and `message` are
 * public, and so are the members that a logger or an error formatter lists. `reason`, `detail` and `extra` are
 * private: they are accessors of a private field, which neither JSON nor `util.inspect` nor pino shows. None of them
 * ever contains a token, hash, password or key.
 */
export class AuthError extends HttpException {
  override readonly name = 'AuthError';
  readonly code: AuthErrorCode;
  /** To be set on the answer. Express and Fastify do so by themselves if no filter answers. */
  readonly headers: Readonly<Record<string, string>>;
  readonly #private: {
    readonly reason: AuthErrorReason;
    readonly detail: string;
    readonly extra: AuthErrorExtra;
  };

  constructor(reason: AuthErrorReason, detail: string, extra: AuthErrorExtra = {}) {
    const body = bodyOf(reason, extra.fields);
    super(body, body.statusCode);
    this.code = body.code;
    this.headers = headersOf(reason, extra);
    this.#private = { reason, detail, extra };
    // it stops the boot, and the operator reads the message
    if (reason === 'configuration_invalid') this.message = detail;
  }

  /** The private reason, more precise than the code. */
  get reason(): AuthErrorReason {
    return this.#private.reason;
  }

  /** The private reason in words, for the log. */
  get detail(): string {
    return this.#private.detail;
  }

  get extra(): AuthErrorExtra {
    return this.#private.extra;
  }

  /** What GraphQL shows in addition to the message, as Nest's Apollo driver does for any `HttpException`. */
  get extensions(): { readonly code: string; readonly originalError: ErrorBody } {
    return { code: graphqlCodeOf(this.getStatus()), originalError: this.getResponse() };
  }

  override getResponse(): ErrorBody {
    return super.getResponse() as ErrorBody;
  }

  override getStatus(): ErrorStatus {
    return statusOf(this.reason);
  }

  /** A store that is needed is down, slow or overloaded: nothing is guessed (contract, section 4). */
  static unavailable(detail: string, cause?: unknown): AuthError {
    return new AuthError('unavailable', detail, { cause, retryAfterSeconds: 1 });
  }

  /** One line that names the option and the cure; stops the boot. */
  static configuration(option: string, problem: string): AuthError {
    return new AuthError('configuration_invalid', `${option}: ${problem}`);
  }
}

/** The cause of an error. A refusal keeps its cause private. */
export function causeOf(error: Error): unknown {
  return error instanceof AuthError ? error.extra.cause : error.cause;
}
