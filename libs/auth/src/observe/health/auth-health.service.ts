import { Inject, Injectable } from '@nestjs/common';
import { HEALTH_PROBES, type HealthProbes } from './health-probes.js';

/**
 * As `@nestjs/terminus` takes it: `health.check([() => auth.postgres(), …])`. Holds no secret, no address and no error
 * text.
 */
export type HealthResult<Key extends string = string> = Readonly<
  Record<Key, { readonly status: 'up' | 'down' } & Readonly<Record<string, unknown>>>
>;

/**
 * Whether the stores and keys that Tokenward needs are there. Never rejects, and answers within the deadlines of the
 * options.
 */
@Injectable()
export class AuthHealth {
  constructor(@Inject(HEALTH_PROBES) private readonly probes: HealthProbes) {}

  /** Up when the primary answers; a standby is down. `not_used` by a service that only verifies. */
  async postgres(): Promise<HealthResult<'postgres'>> {
    return { postgres: await standing(this.probes.postgres) };
  }

  /** Requests are served while it is down: see docs/operations.md. `not_used` where the module has no Redis. */
  async redis(): Promise<HealthResult<'redis'>> {
    return { redis: await standing(this.probes.redis) };
  }

  /** Up once the view was filled; `fresh` says whether checks are answered from memory right now. */
  revocations(): HealthResult<'revocations'> {
    const { ageMs, ...view } = this.probes.revocations();
    const status = view.provenBy === 'nobody' ? 'down' : 'up';
    return { revocations: { status, ageMs: finite(ageMs), ...view } };
  }

  /** Up while there is a key to sign with; in a service that only verifies, a key to verify with. */
  keys(): HealthResult<'keyring'> {
    const { usable, ...keys } = this.probes.keys();
    return { keyring: { status: usable ? 'up' : 'down', ...keys } };
  }

  /** All four, in one object. */
  async report(): Promise<HealthResult<'postgres' | 'redis' | 'revocations' | 'keyring'>> {
    const [postgres, redis] = await Promise.all([this.postgres(), this.redis()]);
    return { ...postgres, ...redis, ...this.revocations(), ...this.keys() };
  }
}

async function standing(
  probe: (() => Promise<unknown>) | undefined,
): Promise<{ readonly status: 'up' | 'down'; readonly mode?: 'not_used' }> {
  if (!probe) return { status: 'up', mode: 'not_used' };
  return probe().then(
    () => ({ status: 'up' }),
    () => ({ status: 'down' }),
  );
}

/** JSON has no Infinity. */
function finite(value: number): number | undefined {
  return Number.isFinite(value) ? Math.round(value) : undefined;
}
