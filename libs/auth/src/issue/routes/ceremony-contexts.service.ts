import { Injectable } from '@nestjs/common';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { CeremonyContext } from '../factors/passkey-ceremonies.service.js';
import type { HttpRequest } from '../../verify/http/adapter.js';
import { ownOrigin } from '../../verify/http/origin-policy.js';
import type { ProvedKey } from '../../verify/dpop/dpop-proofs.service.js';
import { TenantReader } from './tenant-reader.service.js';

/** Describes where the answer to a challenge comes from, so that the flows need no HTTP request. */
@Injectable()
export class CeremonyContexts {
  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly tenants: TenantReader,
  ) {}

  /** What a step of a sign-in knows of its request. `proved`: the key that the request has proved (DPoP). */
  async of(request: HttpRequest, proved?: ProvedKey): Promise<CeremonyContext> {
    const client = { ...(await this.tenants.clientOf(request)), ...proved };
    return { origin: ownOrigin(request, this.options.origins.trustProxy), client };
  }
}
