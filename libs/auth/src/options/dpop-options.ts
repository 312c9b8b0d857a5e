import { z } from 'zod';
import { exactOrigin, group, oneOf } from '../common/option-schema.js';

/** Clients that prove a key of their own (RFC 9449), for the transports `hybrid` and `bearer`. */
export interface DpopOptions {
  /**
   * `offer`: a login with a proof binds its session. `require`: a login without one is 403 `device_required`; sessions
   * that opened before stay valid. Default `offer`.
   */
  readonly mode?: 'off' | 'offer' | 'require';
  /**
   * What needs a proof. `request`: every request, since the access token is bound as well. `refresh`: only each
   * refresh; the access token is a bearer token. Default `request`.
   */
  readonly bind?: 'request' | 'refresh';
  /**
   * The origin at which clients reach this server, such as `https://api.example.com`. The `htu` of a proof is
   * compared with it. Default: the `Host` of the request.
   */
  readonly origin?: string;
}

const MODES = ['off', 'offer', 'require'] as const;

export const dpopOrigin = exactOrigin(
  'an exact origin such as https://api.example.com, without a path',
);

export const dpopSchema = z.union(
  [
    z.enum(MODES),
    group({
      mode: oneOf(MODES).prefault('offer'),
      bind: oneOf(['request', 'refresh']).prefault('request'),
      origin: dpopOrigin.optional(),
    }),
  ],
  { error: "must be 'off', 'offer', 'require' or an object of options" },
);

export interface ResolvedDpop {
  readonly mode: 'offer' | 'require';
  readonly bind: 'request' | 'refresh';
  readonly origin?: string;
  /** `nonce`: a proof must carry a nonce of the process that it is sent to, so that it works only there. */
  readonly withoutRedis: 'nonce' | 'refuse';
}

/** Undefined: off. */
export function resolveDpop(given: z.output<typeof dpopSchema>): ResolvedDpop | undefined {
  const { mode, ...others } =
    typeof given === 'string' ? { mode: given, bind: 'request' as const } : given;
  return mode === 'off' ? undefined : { mode, ...others, withoutRedis: 'nonce' };
}
