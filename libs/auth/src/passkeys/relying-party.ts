import { AuthError } from '../common/auth-error.js';
import { group, list, text } from '../common/option-schema.js';
import { readOptions } from '../common/read-options.js';
import type { RelyingParty } from '../options/factor-options.js';

export interface PasskeyOptions {
  /** The name of your service, for the browser's dialog. */
  readonly rpName: string;
  /**
   * The domain for which passkeys are created: `example.com`. If you change it, all passkeys are lost. Default, where
   * `origins` is not given either: the host name and the origin of each request, for development.
   */
  readonly rpId?: string;
  /** The origins of the pages that may use them: `https://app.example.com`, each on `rpId` or below it. */
  readonly origins?: readonly string[];
  /** Pages on other domains, which `https://<rpId>/.well-known/webauthn` must list (Related Origin Requests). */
  readonly relatedOrigins?: readonly string[];
}

const DOMAIN =
  /^(?:localhost|(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)$/;
const origin = () =>
  text('an origin such as https://app.example.com (http only on localhost)').refine(
    isSecureOrigin,
    'must be an origin such as https://app.example.com, without a path (http only on localhost)',
  );

export const passkeySchema = group({
  rpName: text('the name of your service'),
  rpId: text(
    'a domain in lower case such as example.com, without scheme and port',
    DOMAIN,
  ).optional(),
  origins: list(origin()).prefault([]),
  relatedOrigins: list(origin()).prefault([]),
});

type ByOrigin = (ownOrigin: string | undefined) => RelyingParty | undefined;

/** Throws `configuration_invalid` for options that browsers would refuse. */
export function relyingPartyBy(given: PasskeyOptions): {
  readonly rpName: string;
  readonly relyingParty: ByOrigin;
} {
  const options = readOptions(passkeySchema, given, { of: 'passkeys', prefix: 'passkeys' });
  const { rpName, rpId, origins, relatedOrigins } = options;
  if (rpId === undefined) {
    if (origins.length + relatedOrigins.length > 0)
      throw AuthError.configuration(
        'passkeys.rpId',
        'is missing: name the domain of passkeys.origins',
      );
    return { rpName, relyingParty: ofRequest };
  }
  if (origins.length === 0)
    throw AuthError.configuration(
      'passkeys.origins',
      `is missing: name the pages, such as https://${rpId}`,
    );
  for (const each of origins)
    if (!isWithin(new URL(each).hostname, rpId))
      throw AuthError.configuration(
        'passkeys.origins',
        `${each} is not on ${rpId} or below it: browsers refuse it; name it in passkeys.relatedOrigins`,
      );
  const rp = { rpId, origins: [...origins, ...relatedOrigins] };
  return { rpName, relyingParty: () => rp };
}

/** Browsers do not accept an IP address as the id of a relying party. */
function ofRequest(ownOrigin: string | undefined): RelyingParty | undefined {
  if (ownOrigin === undefined || !isSecureOrigin(ownOrigin)) return undefined;
  const { hostname: rpId } = new URL(ownOrigin);
  return DOMAIN.test(rpId) ? { rpId, origins: [ownOrigin] } : undefined;
}

function isSecureOrigin(given: string): boolean {
  if (!URL.canParse(given)) return false;
  const { protocol, hostname, origin: normal } = new URL(given);
  const secure = protocol === 'https:' || (protocol === 'http:' && isWithin(hostname, 'localhost'));
  return secure && normal === given;
}

function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
