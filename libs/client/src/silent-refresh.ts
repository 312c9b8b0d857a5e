import type { AuthApi } from './auth-api.js';
import type { AuthState } from './auth-state.js';
import type { Tabs } from './tabs.js';

/** `unavailable`: the network or the server was away; nobody was signed out. */
export type RefreshResult = 'refreshed' | 'signedOut' | 'unavailable';

/** One refresh at a time over all tabs; whoever asks meanwhile shares it. */
export class SilentRefresh {
  private running: Promise<RefreshResult> | undefined;

  constructor(
    private readonly api: AuthApi,
    private readonly state: AuthState,
    private readonly tabs: Tabs,
  ) {}

  /** Unless that was done after `since`, a number of `tabs.known`. Never rejects. */
  async after(since: number): Promise<RefreshResult> {
    const settled = this.settled(since);
    if (settled) return settled;
    this.running ??= this.tabs
      .exclusive(async () => this.settled(since) ?? this.refresh())
      .catch(() => 'unavailable' as const)
      .finally(() => {
        this.running = undefined;
      });
    const result = await this.running;
    // what was under way may have been settled by something older
    return result === 'refreshed' && this.tabs.known === since ? this.after(since) : result;
  }

  private settled(since: number): RefreshResult | undefined {
    if (this.tabs.known === since) return undefined;
    if (this.state.is === 'out') return 'signedOut';
    return this.state.token && 'refreshed';
  }

  private async refresh(): Promise<RefreshResult> {
    const sentAt = Date.now();
    const response = (await this.api.mayRefresh()) ? await this.api.post('refresh', {}) : undefined;
    if (response?.ok) {
      await this.tabs.announce({ kind: 'refreshed', ...(await this.api.accept(response, sentAt)).grant });
      return 'refreshed';
    }
    // only a 401 is a refusal
    if (response && response.status !== 401) return 'unavailable';
    await this.api.forget();
    await this.tabs.announce({ kind: 'refused' });
    return 'signedOut';
  }
}
