import { KeySightings } from '../storage/key-sightings.port.js';
import type { Clock } from '../common/clock.js';

export class MemoryKeySightings extends KeySightings {
  readonly #firstSeen = new Map<string, number>();

  constructor(private readonly clock: Clock) {
    super();
  }

  see(kids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const now = this.clock.now();
    const since = this.#firstSeen.size === 0 ? 0 : now;
    for (const kid of kids) if (!this.#firstSeen.has(kid)) this.#firstSeen.set(kid, since);
    return Promise.resolve(
      new Map(kids.map((kid) => [kid, now - (this.#firstSeen.get(kid) ?? 0)])),
    );
  }

  knows(kid: string): Promise<boolean> {
    return Promise.resolve(this.#firstSeen.has(kid));
  }
}
