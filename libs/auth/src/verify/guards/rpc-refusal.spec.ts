import type { ExecutionContext } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import type { AuthErrorReason } from '../../contract/index.js';
import { PreparesRefusals } from '../http/refused.js';
import { rpcErrorOf } from './rpc-refusal.js';

/** A call with this context: gRPC's Metadata, or the context of another transport. */
const call = (context: object): ExecutionContext =>
  ({
    getType: () => 'rpc',
    switchToRpc: () => ({ getContext: () => context, getData: () => ({}) }),
  }) as unknown as ExecutionContext;
const grpc = call({ getMap: () => ({}) });
const tcp = call({ getPattern: () => 'x' });

class Guard {
  constructor(private readonly error: Error) {}

  @PreparesRefusals()
  canActivate(_: ExecutionContext): boolean | Promise<boolean> {
    throw this.error;
  }
}

describe('a refused remote call', () => {
  // T-ftgn
  it.each<[AuthErrorReason, number, string]>([
    ['token_missing', 16, 'Authentication failed'],
    ['token_refused', 16, 'Authentication failed'],
    ['proof_too_old', 16, 'More recent authentication is required'],
    ['forbidden', 7, 'Access denied'],
    ['unavailable', 14, 'Temporarily unavailable'],
    ['throttled', 8, 'Too many attempts'],
    ['user_not_found', 5, 'User not found'],
    ['input_invalid', 3, 'Malformed input'],
    ['claim_refused', 13, 'Internal server error'],
  ])('by gRPC: %s is status %i', (reason, code, details) => {
    expect(rpcErrorOf(grpc, new AuthError(reason, 'private'))).toEqual({
      code,
      details,
      message: details,
    });
  });

  it('over any other transport is the body of the HTTP answer', () => {
    const error = new AuthError('forbidden', 'private');
    expect(rpcErrorOf(tcp, error)).toEqual(error.getResponse());
  });

  it('is thrown by a guard as Nest’s own exception, where no filter of the application runs', async () => {
    const refused = await Promise.resolve(
      new Guard(new AuthError('forbidden', 'private')).canActivate(grpc),
    ).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RpcException);
    expect((refused as RpcException).getError()).toMatchObject({
      code: 7,
      details: 'Access denied',
    });
    const other = new Error('of the host');
    expect(() => new Guard(other).canActivate(grpc)).toThrow(other);
  });
});
