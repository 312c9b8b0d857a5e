import type { AuthApi } from './auth-api.js';
import type { AuthState } from './auth-state.js';
import { asksForRefresh, isSpentBySending, prepare, unavailable } from './requests.js';
import type { RefreshResult, SilentRefresh } from './silent-refresh.js';
import type { Tabs } from './tabs.js';

/** A request with the access token; on 401 one silent refresh, then the request again once. */
export class SilentFetch {
  constructor(
    private readonly baseUrl: string,
    private readonly api: AuthApi,
    private readonly state: AuthState,
    private readonly tabs: Tabs,
    private readonly refresh: SilentRefresh,
  ) {}

  async send(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const { api, tabs } = this;
    const own = { ...init, credentials: api.credentials };
    const first = prepare(input, own, this.baseUrl);
    const spare = isSpentBySending(init?.body) ? undefined : prepare(input, own, this.baseUrl);
    const early = await this.freshen();
    const since = tabs.known;
    const response = await api.send(this.authorised(first));
    if (!asksForRefresh(response)) return response;
    const outcome = early && early !== 'refreshed' ? early : await this.refresh.after(since);
    if (outcome === 'signedOut' || (outcome === 'refreshed' && !spare)) return response;
    await response.body?.cancel();
    return spare && outcome === 'refreshed' ? api.send(this.authorised(spare)) : unavailable();
  }

  /** Refreshes what is known to have expired. Where scripts hold no token, the cookie may be good: the answer will tell. */
  async freshen(): Promise<RefreshResult | undefined> {
    await this.tabs.ready;
    const { token, is, needsToken } = this.state;
    const isStale = token ? token.expiresAt <= Date.now() : needsToken && is !== 'out';
    return isStale ? this.refresh.after(this.tabs.known) : undefined;
  }

  private authorised(request: Request): Request {
    const value = this.state.token?.value;
    if (value !== undefined) request.headers.set('authorization', `Bearer ${value}`);
    return request;
  }
}
