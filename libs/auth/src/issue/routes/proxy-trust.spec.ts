import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { HttpRequest } from '../../verify/http/adapter.js';
import { ProxyTrust } from './proxy-trust.service.js';

describe('a request without a known address', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('is reported once, because the limits then count all clients as one address', () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    const trust = new ProxyTrust({
      origins: { trustProxy: true },
    } as unknown as ResolvedAuthOptions);
    const over = (ip?: string) =>
      ({ ip, socket: {}, headers: { 'x-forwarded-for': '192.0.2.7' } }) as unknown as HttpRequest;
    trust.notice(over('192.0.2.7'));
    expect(warn).not.toHaveBeenCalled();
    for (let n = 0; n < 3; n++) trust.notice(over());
    expect(warn.mock.calls.map(String)).toEqual([
      expect.stringContaining('The address of a request is not known'),
    ]);
  });
});
