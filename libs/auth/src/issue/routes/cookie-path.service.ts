import { Injectable, Logger, type OnModuleInit, RequestMethod } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { AuthError } from '../../common/auth-error.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { forwardedValue, type HttpRequest } from '../../verify/http/adapter.js';

/** The metadata key under which Nest's `RouterModule` keeps the path of a module. */
const MODULE_PATH = '__module_path__';
/** The routes that read the refresh cookie. */
const NEEDING = ['refresh', 'logout', 'password', 'reauthenticate'] as const;
const PLAIN_PATH = /^(?:\/[\w.~-]+)*$/;
/** Headers in which a proxy reports the path before it rewrote it. */
const WHOLE_PATH_HEADERS = [
  'x-forwarded-uri',
  'x-original-uri',
  'x-original-url',
  'x-envoy-original-path',
];

/**
 * The path of the refresh and device cookies: `cookies.refreshPath`, or else the path at which Nest serves the routes
 * (global prefix, `RouterModule`). When a request shows that browsers see another path, the log says so once.
 */
@Injectable()
export class CookiePath implements OnModuleInit {
  private readonly logger = new Logger('Tokenward');
  private served: string | undefined;
  private noticed: 'not yet' | 'said' = 'not yet';

  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly config: ApplicationConfig,
    private readonly modules: ModulesContainer,
  ) {}

  /** Runs this late because the host sets the global prefix after the modules are created. */
  onModuleInit(): void {
    const { refreshPath: given } = this.options.cookies;
    if (given === undefined) return void this.refreshPath;
    const [served, ...others] = this.servedPaths();
    if (!served || others.length > 0 || covers(given, served) || given.endsWith(served)) return;
    this.logger.warn(
      `cookies.refreshPath is ${given}, but the routes are at ${served}: a browser sends no refresh cookie there. Leave the option out, or set it to the path that browsers see.`,
    );
  }

  /** Throws `configuration_invalid` if no single path fits all routes. */
  get refreshPath(): string {
    return this.options.cookies.refreshPath ?? (this.served ??= this.onlyServedPath());
  }

  /**
   * The path at which browsers see the routes: the path in Nest, after any part that a proxy adds in front
   * (`cookies.refreshPath` tells).
   */
  get routesPath(): string {
    const { refreshPath: given = '' } = this.options.cookies;
    const served = this.onlyServedPath();
    return given.endsWith(served) ? given : served;
  }

  /**
   * Compares the path that the browser asked for, as reported by the adapter or a trusted proxy, with the cookie's
   * path.
   */
  notice(request: HttpRequest): void {
    if (this.noticed === 'said') return;
    const outer = outerPath(request, this.options.origins.trustProxy);
    const path = this.refreshPath;
    if (!outer || covers(path.toLowerCase(), outer.toLowerCase())) return;
    const inner = `/${this.options.routes.prefix}`;
    const at = outer.lastIndexOf(`${inner}/`);
    const before = outer.slice(0, Math.max(at, 0));
    // a proxy that strips a part of the path may not report it; then only the option knows that part
    if (at < 0 || !PLAIN_PATH.test(before) || path.endsWith(before + inner)) return;
    this.say(`A request came to ${outer.slice(0, at + inner.length)}`, before + inner);
  }

  /**
   * To be called for a refresh with an access cookie but no refresh cookie. Both are set together and the refresh
   * cookie lives longer, so its path must be wrong.
   */
  noticeLost(): void {
    if (this.noticed === 'not yet')
      this.say(
        'A browser sent its access cookie to the refresh route, but no refresh cookie',
        '/…/auth',
      );
  }

  private say(what: string, cure: string): void {
    this.noticed = 'said';
    this.logger.warn(
      `${what}; the refresh cookie has the path ${this.refreshPath}. If a proxy changes the path, set cookies.refreshPath to the one that browsers see (${cure}). Otherwise users are signed out when the access token expires.`,
    );
  }

  private onlyServedPath(): string {
    const [path = '/', ...others] = this.servedPaths();
    if (others.length > 0)
      throw AuthError.configuration(
        'cookies.refreshPath',
        `the routes are at ${[path, ...others].join(' and ')}: exclude all of them from the global prefix or none, or set it to /`,
      );
    if (!PLAIN_PATH.test(path))
      throw AuthError.configuration(
        'cookies.refreshPath',
        `cannot be taken from ${path}, which has parameters: set it to the part before the first of them, or to /`,
      );
    return path;
  }

  private servedPaths(): readonly string[] {
    const { routes } = this.options;
    const names = NEEDING.filter((name) => routes[name]);
    const inModule = joined(this.modulePath(), routes.prefix);
    const paths = (names.length > 0 ? names : NEEDING.slice(0, 1)).map((name) =>
      this.isExcluded(`${inModule}/${name}`)
        ? inModule
        : joined(this.config.getGlobalPrefix(), inModule),
    );
    return [...new Set(paths)];
  }

  private isExcluded(path: string): boolean {
    const { exclude = [] } = this.config.getGlobalPrefixOptions();
    return exclude.some(
      ({ requestMethod, pathRegex }) =>
        (requestMethod === RequestMethod.ALL || requestMethod === RequestMethod.POST) &&
        pathRegex.test(path),
    );
  }

  private modulePath(): string {
    const own = [...this.modules.values()].find(
      ({ providers }) => providers.get(CookiePath)?.instance === this,
    );
    if (!own) return '';
    const path: unknown =
      Reflect.getMetadata(MODULE_PATH + this.modules.applicationId, own.metatype) ??
      Reflect.getMetadata(MODULE_PATH, own.metatype);
    return typeof path === 'string' ? path : '';
  }
}

function joined(...parts: readonly string[]): string {
  const segments = parts.flatMap((part) => part.split('/')).filter((segment) => segment !== '');
  return `/${segments.join('/')}`;
}

/** RFC 6265, section 5.1.4. */
function covers(cookiePath: string, path: string): boolean {
  return (
    path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`)
  );
}

function outerPath(request: HttpRequest, trustProxy: boolean): string | undefined {
  const path = (request.originalUrl ?? request.url)?.split('?', 1)[0];
  if (!trustProxy) return path;
  const whole = WHOLE_PATH_HEADERS.map((name) => forwardedValue(request, name)).find(Boolean);
  if (whole) return whole.split('?', 1)[0];
  const prefix = forwardedValue(request, 'x-forwarded-prefix')?.replace(/\/+$/, '') ?? '';
  return path === undefined ? undefined : prefix + path;
}
