import { type ExecutionContext, Logger } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { rpcRefusal } from '../guards/rpc-refusal.js';
import { wsRefusal } from '../guards/ws-refusal.js';
import { headersWhenRefused, type HttpResponse } from './adapter.js';

type Judge = (context: ExecutionContext) => boolean | Promise<boolean>;

const told = new WeakSet<AuthError>();
const logger = new Logger('Tokenward');

/**
 * Writes the only log line with the private reason, once for each refusal. It leaves out the cause, whose message may
 * quote query parameters.
 */
export function tellLog(error: AuthError): void {
  if (told.has(error)) return;
  told.add(error);
  const line = `${error.reason}: ${error.detail}`;
  const status = error.getStatus();
  if (status === 500) logger.error(line);
  else if (status === 503) logger.warn(line);
  else logger.debug(line);
}

/**
 * Prepares a refusal that is about to be thrown: logs it, and sets its headers on the HTTP response, so that it does
 * not matter which filter answers it. Any other error is returned unchanged.
 */
export function prepared(context: ExecutionContext, error: unknown): unknown {
  const isHttp = context.getType<string>() === 'http';
  return preparedFor(
    isHttp ? context.switchToHttp().getResponse<HttpResponse>() : undefined,
    error,
  );
}

export function preparedFor(response: HttpResponse | undefined, error: unknown): unknown {
  if (!(error instanceof AuthError)) return error;
  tellLog(error);
  if (response) headersWhenRefused(response, error.getStatus(), error.headers);
  return error;
}

/** The error that the default filter of the transport renders; for HTTP and GraphQL it is the refusal itself. */
function knownToNest(context: ExecutionContext, refusal: AuthError): Promise<Error> | undefined {
  switch (context.getType<string>()) {
    case 'rpc':
      return rpcRefusal(context, refusal);
    case 'ws':
      return wsRefusal(refusal);
    default:
      return undefined;
  }
}

/** For `canActivate` of every guard of Tokenward. */
export function PreparesRefusals() {
  return <T extends Judge>(
    _guard: object,
    _name: string,
    descriptor: TypedPropertyDescriptor<T>,
  ): void => {
    const judge = descriptor.value;
    if (!judge) return;
    const prepare = (context: ExecutionContext, error: unknown): false | Promise<false> => {
      const refusal = prepared(context, error);
      const known = refusal instanceof AuthError ? knownToNest(context, refusal) : undefined;
      if (!known) throw refusal;
      return known.then((exception) => {
        throw exception;
      });
    };
    descriptor.value = function (this: unknown, context: ExecutionContext) {
      try {
        const verdict = judge.call(this, context);
        if (!(verdict instanceof Promise)) return verdict;
        return verdict.catch((error: unknown) => prepare(context, error));
      } catch (error) {
        return prepare(context, error);
      }
    } as T;
  };
}
