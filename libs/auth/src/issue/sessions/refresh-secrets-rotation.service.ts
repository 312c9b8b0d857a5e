import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { atBoot } from '../../common/at-boot.js';
import { AuthError } from '../../common/auth-error.js';
import { Entropy } from '../../common/entropy.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { RefreshSecrets } from './refresh-secrets.js';
import { RefreshSecretsStore } from '../../storage/refresh-secrets.port.js';

const STORED = 'the refresh-token secret in the database';

/** A new secret as `tokenward secret` prints it: `id:base64url`. */
function newSecretLine(entropy: Entropy): string {
  return `p${entropy.bytes(6).toString('hex')}:${entropy.bytes(32).toString('base64url')}`;
}

/** The ring from the options or from the database. */
export async function loadRefreshSecrets(
  options: ResolvedAuthOptions,
  store: RefreshSecretsStore,
  entropy: Entropy,
): Promise<RefreshSecrets> {
  const { secrets } = options.refreshToken;
  if (secrets.length > 0) return RefreshSecrets.parse(secrets);
  const stored = await atBoot(() => store.loadOrCreate(newSecretLine(entropy)));
  return RefreshSecrets.parse(stored, STORED);
}

/**
 * Follows the refresh-token secrets in the database. A secret is first known by all processes, then
 * mints, and is then kept as long as a token of it may be live.
 */
@Injectable()
export class RefreshSecretsRotation implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Tokenward');
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | undefined;

  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly ring: RefreshSecrets,
    private readonly store: RefreshSecretsStore,
    private readonly entropy: Entropy,
  ) {}

  onApplicationBootstrap(): void {
    if (this.options.refreshToken.secrets.length > 0) return;
    this.timer = setInterval(() => {
      this.reading ??= this.refresh()
        .catch((error: unknown) => {
          const why = error instanceof AuthError ? error.detail : 'unknown error';
          this.logger.warn(`the refresh-token secrets could not be read again: ${why}`);
        })
        .finally(() => void (this.reading = undefined));
    }, this.options.keyRotation.refreshEveryMs).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.reading;
  }

  /** Loads the secrets from the database. If they cannot be read, the old ring stays. */
  async refresh(): Promise<void> {
    this.ring.replace(await this.store.loadOrCreate(newSecretLine(this.entropy)), STORED);
  }

  /**
   * Makes a new secret, which every process knows before it mints. Throws `configuration_invalid`
   * if the secrets are in the options: then they are rotated there.
   */
  async rotate(): Promise<void> {
    const { secrets, ttlMs, rememberMeTtlMs, absoluteTtlMs } = this.options.refreshToken;
    if (secrets.length > 0)
      throw AuthError.configuration(
        'refreshToken.secrets',
        'are given by the options: add the new one there (docs/keys.md)',
      );
    if (!this.store.rotate)
      throw AuthError.configuration(
        'storage',
        'the store of the refresh-token secrets cannot rotate them: give refreshToken.secrets instead',
      );
    const { leadTimeMs, refreshEveryMs } = this.options.keyRotation;
    const knownAfterMs = Math.max(leadTimeMs, 2 * refreshEveryMs);
    // a session that is bound to a browser keeps the refresh token of its login to the end, because
    // it proves its key and does not rotate
    const longestMs =
      this.options.deviceBound.mode === 'off' ? Math.max(ttlMs, rememberMeTtlMs) : absoluteTtlMs;
    await this.store.rotate(newSecretLine(this.entropy), knownAfterMs, longestMs + knownAfterMs);
    await this.refresh();
  }
}
