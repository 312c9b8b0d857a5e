import { Injectable, Logger } from '@nestjs/common';
import { addressOf } from '../../common/address.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { forwardedValue, headerValues, type HttpRequest } from '../../verify/http/adapter.js';

/**
 * Two settings make the host trust a proxy: the adapter's decides which client address counts, and `origins.trustProxy`
 * decides what the host's own origin is. When a request shows that they disagree, the log says so once.
 */
@Injectable()
export class ProxyTrust {
  private readonly logger = new Logger('Tokenward');
  private noticed: 'not yet' | 'said' = 'not yet';

  constructor(private readonly options: ResolvedAuthOptions) {}

  notice(request: HttpRequest): void {
    if (this.noticed === 'said') return;
    const problem = this.problemOf(request);
    if (!problem) return;
    this.noticed = 'said';
    this.logger.warn(problem);
  }

  private problemOf(request: HttpRequest): string | undefined {
    if (addressOf(request.ip) === undefined)
      return 'The address of a request is not known: the limits count all requests as one address, so one attacker locks out everybody. Behind a proxy on a unix socket set "trust proxy" of Express, or trustProxy of Fastify, to true.';
    const peer = addressOf((request.raw?.socket ?? request.socket)?.remoteAddress);
    const nearest = headerValues(request, 'x-forwarded-for').join().split(',').at(-1);
    const forwarded = addressOf(nearest);
    if (peer === undefined || forwarded === undefined || forwarded === peer) return undefined;
    const adapterTrusts = addressOf(request.ip) !== peer;
    if (this.options.origins.trustProxy)
      return adapterTrusts
        ? undefined
        : 'A request came with X-Forwarded-For, and the adapter does not trust who sent it: for the login limits all clients have the address of the proxy, so one guesser locks out everybody. Name the proxy in "trust proxy" of Express or trustProxy of Fastify.';
    const tellsOrigin = ['x-forwarded-proto', 'x-forwarded-host'].some((name) =>
      forwardedValue(request, name),
    );
    return adapterTrusts && tellsOrigin
      ? 'The adapter trusts a proxy that forwards scheme or host, but origins.trustProxy is off: browsers may be refused as cross-origin. Set origins.trustProxy to true.'
      : undefined;
  }
}
