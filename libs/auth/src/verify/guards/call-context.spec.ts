import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { describe, expect, it } from '@jest/globals';
import { AuthError } from '../../common/auth-error.js';
import { httpRequestOf } from './call-context.js';

describe('the request that OriginGuard and ThrottleGuard check', () => {
  const detailOf = (type: string): unknown => {
    const context = new ExecutionContextHost([{}, {}, {}], class Gateway {}, () => undefined);
    context.setType(type);
    try {
      return httpRequestOf(context, 'OriginGuard');
    } catch (error) {
      return error instanceof AuthError ? error.detail : error;
    }
  };

  it.each(['ws', 'rpc', 'graphql'])('is missing in a %s call without an HTTP request', (type) => {
    expect(detailOf(type)).toBe(
      `OriginGuard: judges HTTP requests, and this ${type} call has none: take it off that handler`,
    );
  });

  it('is that of an HTTP call', () => {
    expect(detailOf('http')).toEqual({});
  });
});
