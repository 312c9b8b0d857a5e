import { Injectable } from '@nestjs/common';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { CeremonyContext } from '../factors/passkey-ceremonies.service.js';
import type { HttpRequest } from '../../verify/http/adapter.js';
import { ownOrigin } from '../../verify/http/origin-policy.js';
import { DpopProofs } from '../../verify/dpop/dpop-proofs.service.js';
import { TenantReader } from './tenant-reader.service.js';

/** Where the answer to a challenge comes from, for flows that know no HTTP. */
@Injectable()
export class CeremonyContexts {
  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly tenants: TenantReader,
    private readonly proofs: DpopProofs,
  ) {}

  async of(request: HttpRequest): Promise<CeremonyContext> {
    const client = await this.tenants.clientOf(request);
    return { origin: ownOrigin(request, this.options.origins.trustProxy), client };
  }

  /** Of a sign-in: with the key that a proof came by. Throws `invalid_dpop_proof`, and what `work` throws. */
  signIn<T>(request: HttpRequest, work: (context: CeremonyContext) => Promise<T>): Promise<T> {
    return this.proofs.provedBy(request, async (proved) => {
      const { origin, client } = await this.of(request);
      return work({ origin, client: { ...client, ...proved } });
    });
  }
}
