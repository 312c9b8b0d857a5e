import { accessCookieAttributes } from '../../options/cookie-budget.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';

/**
 * What a browser is told of a bound session: which cookie it renews, and where (Device Bound Session Credentials, W3C
 * draft).
 */
export interface SessionInstructions {
  readonly session_identifier: string;
  readonly refresh_url: string;
  readonly scope: {
    readonly include_site: boolean;
    readonly scope_specification: readonly never[];
  };
  readonly credentials: readonly {
    readonly type: 'cookie';
    readonly name: string;
    /**
     * Exactly those of the access cookie: with any other the browser would not recognise the cookie as the bound one.
     */
    readonly attributes: string;
  }[];
}

export function devicePaths(routesPath: string): {
  readonly registration: string;
  readonly refresh: string;
} {
  const registration = `${routesPath === '/' ? '' : routesPath}/device`;
  return { registration, refresh: `${registration}/refresh` };
}

export function sessionInstructions(
  options: Pick<ResolvedAuthOptions, 'cookies'>,
  sessionId: string,
  routesPath: string,
): SessionInstructions {
  return {
    session_identifier: sessionId,
    refresh_url: devicePaths(routesPath).refresh,
    // the scope is the origin that answers
    scope: { include_site: false, scope_specification: [] },
    credentials: [
      {
        type: 'cookie',
        name: options.cookies.accessName,
        attributes: accessCookieAttributes(options),
      },
    ],
  };
}
