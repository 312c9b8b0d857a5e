import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { AuthError } from '@tokenward/nestjs';
import { invalidInput } from '../refusals.js';
import { catchError, type Observable, throwError } from 'rxjs';
import { stateOf, withoutValues } from './failed-query.js';

/**
 * The demo's own queries answer like Tokenward's when the database fails: 503, with only the code in the log, never
 * 500 (contract, section 4).
 */
@Injectable()
export class DatabaseFailures implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((error: unknown) => throwError(() => refusalOf(error))));
  }
}

/**
 * By the class of SQLSTATE: a value that does not fit is the caller's fault, and an invalid statement is a mistake of
 * the demo.
 */
function refusalOf(error: unknown): unknown {
  const state = stateOf(error);
  if (state === undefined) return error;
  switch (state.slice(0, 2)) {
    case '22':
    case '23':
      return invalidInput('Invalid input');
    case '42':
      return withoutValues(error);
    default:
      return AuthError.unavailable(`a query of the demo: ${state}`);
  }
}
