import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { ApiKeyStore } from '../../storage/api-key-store.port.js';
import { OneTimeTokenStore } from '../../storage/one-time-token-store.port.js';
import { removeExpired } from '../../storage/remove-expired.js';
import { SessionStore } from '../../storage/session-store.port.js';

/**
 * Removes rows that ended or expired long ago, in small pages, in the background and on demand.
 * Many processes may do this at the same time.
 */
@Injectable()
export class SessionCleanUp implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Tokenward');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<number> | undefined;
  private stopped = false;

  constructor(
    private readonly store: SessionStore,
    private readonly options: ResolvedAuthOptions,
    @Inject(OneTimeTokenStore) private readonly tokens: OneTimeTokenStore | undefined,
    @Inject(ApiKeyStore) private readonly apiKeys: ApiKeyStore | undefined,
  ) {}

  onApplicationBootstrap(): void {
    const { cleanUpEveryMs } = this.options.sessions;
    if (cleanUpEveryMs === 0) return;
    this.timer = setInterval(() => {
      this.run().catch((error: unknown) => {
        this.logger.warn(
          `the clean-up of expired sessions failed: ${error instanceof Error ? error.message : 'unknown error'}`,
        );
      });
    }, cleanUpEveryMs);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.running?.catch(() => undefined);
  }

  /**
   * Goes once through all sessions, then removes the expired one-time tokens and API keys. Resolves
   * with the number of removed rows. If a run is in progress, the call joins it.
   */
  run(): Promise<number> {
    this.running ??= this.walk().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private walk(): Promise<number> {
    const { store: sessions, tokens: oneTimeTokens, apiKeys } = this;
    const keepMs = this.options.sessions.keepEndedForMs;
    return removeExpired(
      { sessions, oneTimeTokens, apiKeys },
      { keepMs, goesOn: () => !this.stopped },
    );
  }
}
