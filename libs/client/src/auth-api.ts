import type { TokenBody, UserBody } from '../../auth/src/contract/index.js';
import type { Change } from './change.js';
import { bodyOf } from './error.js';
import type { AuthClientOptions } from './options.js';
import { memoryStore, type TokenStore } from './token-store.js';

const TIMEOUT_MS = 30_000;

interface Accepted<T> {
  readonly body: T;
  readonly grant: Pick<Change, 'expiresAt' | 'accessToken'>;
}

/** The AuthController's routes, and where the refresh token is kept: by the browser, or in the store of a `bearer` client. */
export class AuthApi {
  readonly url: string;
  readonly send: typeof fetch;
  private readonly isBearer: boolean;
  private readonly needsToken: boolean;
  private readonly store: TokenStore;

  constructor(
    options: AuthClientOptions,
    private readonly accessToken: () => string | undefined,
  ) {
    this.url = `${options.baseUrl ?? ''}/${options.prefix ?? 'auth'}/`;
    this.send = options.fetch ?? ((...args: Parameters<typeof fetch>) => fetch(...args));
    this.isBearer = options.transport === 'bearer';
    this.needsToken = (options.transport ?? 'cookie') !== 'cookie';
    this.store = options.store ?? memoryStore();
  }

  get credentials(): RequestCredentials {
    return this.isBearer ? 'omit' : 'include';
  }

  /** `keepalive`: a page that is closed meanwhile still gets the new cookies; without them the next refresh would look like theft. */
  async post(path: string, body: object): Promise<Response> {
    const token = this.accessToken();
    const init: RequestInit = {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ ...body, ...(this.isBearer && { refreshToken: await this.refreshToken() }) }),
      credentials: this.credentials,
      keepalive: !this.isBearer,
      signal: AbortSignal.timeout?.(TIMEOUT_MS),
    };
    return this.send(this.url + path, init);
  }

  /** Keeps what came. `sentAt`: it expires counted from there by this clock, so that the server's does not matter. */
  async accept<T extends TokenBody & { user?: UserBody }>(
    response: Response,
    sentAt: number,
    kind: 'tokens' | 'login' = 'tokens',
  ): Promise<Accepted<T>> {
    const body = await bodyOf<T>(
      response,
      ({ expiresIn, accessToken, refreshToken, user }) =>
        // `>=` alone would take a text
        Number.isFinite(expiresIn) &&
        expiresIn >= 1 &&
        (!this.needsToken || !!accessToken) &&
        (!this.isBearer || !!refreshToken) &&
        (kind === 'tokens' || !!user?.id),
    );
    if (this.isBearer)
      await this.store.set({
        refreshToken: body.refreshToken,
        device: body.device ?? (await this.device()),
      });
    return { body, grant: { expiresAt: sentAt + body.expiresIn * 1000, accessToken: body.accessToken } };
  }

  /** Whether there is something to refresh with, as far as scripts can tell. */
  async mayRefresh(): Promise<boolean> {
    return !this.isBearer || (await this.refreshToken()) !== undefined;
  }

  async forget(): Promise<void> {
    if (this.isBearer) await this.store.set({ device: await this.device() });
  }

  async device(): Promise<string | undefined> {
    return this.isBearer ? (await this.store.get())?.device : undefined;
  }

  private async refreshToken(): Promise<string | undefined> {
    return (await this.store.get())?.refreshToken;
  }
}
