import { Injectable, Optional } from '@nestjs/common';
import { withDeadline } from '../../common/deadline.js';
import { KeyRotation } from '../../issue/keys/key-rotation.service.js';
import { Keyring } from '../../verify/keys/keyring.service.js';
import { RemoteKeys } from '../../verify/keys/remote-keys.service.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { RevocationFeedBus } from '../../storage/revocation-feed.port.js';
import { RevocationSync } from '../../verify/revocation/revocation-sync.service.js';
import { SessionStore } from '../../storage/session-store.port.js';

/** As `@nestjs/terminus` takes it: `health.check([() => auth.postgres(), …])`. Holds no secret, no address and no error text. */
export type HealthResult<Key extends string = string> = Readonly<
  Record<Key, { readonly status: 'up' | 'down' } & Readonly<Record<string, unknown>>>
>;

/** Nobody's; the question itself is what counts. */
const NOBODY = {
  tokenId: 'health', sessionId: '00000000-0000-0000-0000-000000000000', subject: 'health', tokenVersion: 1, keyId: 'health', issuedAt: 0,
} as const; // prettier-ignore

/** Whether what Tokenward stands on is there. Never rejects, and answers within the deadlines of the options. */
@Injectable()
export class AuthHealth {
  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly view: RevocationSync,
    private readonly keyring: Keyring,
    @Optional() private readonly sessions?: SessionStore,
    @Optional() private readonly feed?: RevocationFeedBus,
    @Optional() private readonly rotation?: KeyRotation,
    @Optional() private readonly remote?: RemoteKeys,
  ) {}

  /** Up when the primary answers; a standby is down. `not_used` by a service that only verifies. */
  async postgres(): Promise<HealthResult<'postgres'>> {
    if (!this.sessions) return { postgres: { status: 'up', mode: 'not_used' } };
    const asked = withDeadline(
      this.sessions.readSubject(NOBODY.subject),
      this.options.storeDeadlineMs,
      'health',
    );
    return { postgres: { status: await statusOf(asked) } };
  }

  /** Down does not stop anything: see docs/operations.md. `not_used` where the module has none. */
  async redis(): Promise<HealthResult<'redis'>> {
    if (!this.feed) return { redis: { status: 'up', mode: 'not_used' } };
    const asked = withDeadline(this.feed.lookup(NOBODY), this.options.revocation.deadlineMs, 'health');
    return { redis: { status: await statusOf(asked) } };
  }

  /** Up once the view was filled; `fresh` says whether checks are answered from memory right now. */
  revocations(): HealthResult<'revocations'> {
    const { ageMs, provenBy, entries, bounded, linked } = this.view.state();
    const fresh = this.view.view.fresh(this.options.revocation.maxStalenessMs);
    const status = provenBy === 'nobody' ? 'down' : 'up';
    return { revocations: { status, fresh, ageMs: finite(ageMs), provenBy, entries, bounded, linked } };
  }

  /** Up while there is a key to sign with; of a service that only verifies, one to verify with. */
  keys(): HealthResult<'keyring'> {
    const active = this.rotation?.status().find(({ phase }) => phase === 'active');
    const usable = this.remote ? this.keyring.size > 0 : active !== undefined;
    return { keyring: { status: usable ? 'up' : 'down', keys: this.keyring.size, ageMs: active?.ageMs } };
  }

  /** All four, in one object. */
  async report(): Promise<HealthResult<'postgres' | 'redis' | 'revocations' | 'keyring'>> {
    const [postgres, redis] = await Promise.all([this.postgres(), this.redis()]);
    return { ...postgres, ...redis, ...this.revocations(), ...this.keys() };
  }
}

function statusOf(asked: Promise<unknown>): Promise<'up' | 'down'> {
  return asked.then(
    () => 'up',
    () => 'down',
  );
}

/** JSON has no Infinity. */
function finite(value: number): number | undefined {
  return Number.isFinite(value) ? Math.round(value) : undefined;
}
