import { Injectable, Logger, type OnModuleInit, RequestMethod } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { AuthError } from '../../common/auth-error.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { forwardedValue, type HttpRequest } from '../../verify/http/adapter.js';

/** Where `RouterModule` keeps the path of a module. */
const MODULE_PATH = '__module_path__';
/** The routes that a refresh cookie has to reach. */
const NEEDING = ['refresh', 'logout', 'password', 'reauthenticate'] as const;
const PLAIN_PATH = /^(?:\/[\w.~-]+)*$/;
/** A proxy's word on the path that it was asked for, or on the part that it took off. */
const WHOLE_PATH_HEADERS = ['x-forwarded-uri', 'x-original-uri', 'x-original-url', 'x-envoy-original-path'];

/**
 * The path of the refresh and device cookies: `cookies.refreshPath`, else where Nest serves the routes (global prefix, `RouterModule`). A request that
 * shows that browsers see another path is named in the log, once.
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

  /** The prefix is known once the modules are initialised: the host sets it before. */
  onModuleInit(): void {
    const { refreshPath: given } = this.options.cookies;
    if (given === undefined) return void this.refreshPath;
    const [served, ...others] = this.servedPaths();
    if (!served || others.length > 0 || covers(given, served) || given.endsWith(served)) return;
    this.logger.warn(
      `cookies.refreshPath is ${given}, and the routes are at ${served}: a browser sends no refresh cookie there. Leave the option out, or set it to the path that browsers see.`,
    );
  }

  /** Throws `configuration_invalid` where no path can be right. */
  get refreshPath(): string {
    return this.options.cookies.refreshPath ?? (this.served ??= this.onlyServedPath());
  }

  /** Where browsers see the routes: as Nest serves them, behind what `cookies.refreshPath` says a proxy puts before. */
  get routesPath(): string {
    const { refreshPath: given = '' } = this.options.cookies;
    const served = this.onlyServedPath();
    return given.endsWith(served) ? given : served;
  }

  /** Looks at the path that a browser asked for, as far as the adapter or a trusted proxy tells. */
  notice(request: HttpRequest): void {
    if (this.noticed === 'said') return;
    const outer = outerPath(request, this.options.origins.trustProxy);
    const path = this.refreshPath;
    if (!outer || covers(path.toLowerCase(), outer.toLowerCase())) return;
    const inner = `/${this.options.routes.prefix}`;
    const at = outer.lastIndexOf(`${inner}/`);
    const before = outer.slice(0, Math.max(at, 0));
    // a proxy that takes a part off may not tell: the option says what it is
    if (at < 0 || !PLAIN_PATH.test(before) || path.endsWith(before + inner)) return;
    this.say(`A request came to ${outer.slice(0, at + inner.length)}`, before + inner);
  }

  /** A refresh with an access cookie and without a refresh cookie: both are set together, and that one lives longer. */
  noticeLost(): void {
    if (this.noticed === 'not yet')
      this.say('A browser brought its access cookie to the refresh route and no refresh cookie', '/…/auth');
  }

  private say(what: string, cure: string): void {
    this.noticed = 'said';
    this.logger.warn(
      `${what}; the refresh cookie has the path ${this.refreshPath}. If a proxy changes the path, set cookies.refreshPath to the one that browsers see (${cure}); else they are signed out when the access token expires.`,
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
      this.isExcluded(`${inModule}/${name}`) ? inModule : joined(this.config.getGlobalPrefix(), inModule),
    );
    return [...new Set(paths)];
  }

  private isExcluded(path: string): boolean {
    const { exclude = [] } = this.config.getGlobalPrefixOptions();
    return exclude.some(
      ({ requestMethod, pathRegex }) =>
        (requestMethod === RequestMethod.ALL || requestMethod === RequestMethod.POST) && pathRegex.test(path),
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
  return path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`);
}

function outerPath(request: HttpRequest, trustProxy: boolean): string | undefined {
  const path = (request.originalUrl ?? request.url)?.split('?', 1)[0];
  if (!trustProxy) return path;
  const whole = WHOLE_PATH_HEADERS.map((name) => forwardedValue(request, name)).find(Boolean);
  if (whole) return whole.split('?', 1)[0];
  const prefix = forwardedValue(request, 'x-forwarded-prefix')?.replace(/\/+$/, '') ?? '';
  return path === undefined ? undefined : prefix + path;
}
