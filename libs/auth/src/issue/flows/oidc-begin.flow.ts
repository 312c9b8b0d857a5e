import { Injectable } from '@nestjs/common';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { UserDirectory } from '../../storage/user-directory.port.js';
import { FactorMethods } from '../factors/factor-methods.js';
import { assertFitsHost } from '../oidc/fits-host.js';
import { OidcRequests } from '../oidc/oidc-requests.service.js';
import { returnPath } from '../oidc/return-path.js';
import { DeviceIds } from '../users/device-id.js';

/** The start of a sign-in. */
export interface OidcBeginning {
  readonly redirectUri: string;
  readonly returnTo: string | null;
  /** The signed device id of an earlier login. */
  readonly device?: string;
  /** How old the person's proof at the provider may be, in seconds. Default: of any age. */
  readonly maxAgeSeconds?: number;
  /** The tenant of the request. The sign-in belongs to this tenant, wherever the provider sends the browser back to. */
  readonly tenant?: string;
}

/** A browser that wants to sign in → a request to the provider. */
@Injectable()
export class OidcBeginFlow {
  constructor(
    private readonly methods: FactorMethods,
    private readonly requests: OidcRequests,
    private readonly devices: DeviceIds,
    options: ResolvedAuthOptions,
    users: UserDirectory,
  ) {
    if (methods.oidc) assertFitsHost(methods.oidc, options, users);
  }

  /** The URL to send the browser to, and the value of the cookie that it keeps meanwhile. */
  async begin(
    provider: string,
    { redirectUri, returnTo: wanted, device, maxAgeSeconds, tenant }: OidcBeginning,
  ): Promise<{ readonly url: string; readonly browser: string }> {
    const { method } = this.methods.needProvider(provider);
    // the caller may have sent a text of any length; only a genuine device id is stored
    const known = this.devices.genuine(device) === undefined ? undefined : device;
    const asked = { provider, returnTo: returnPath(wanted), device: known, maxAgeSeconds, tenant };
    const begun = this.requests.begin(asked, redirectUri);
    return { url: await method.authorizationUrl(provider, begun.request), browser: begun.browser };
  }
}
