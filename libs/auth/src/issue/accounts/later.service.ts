import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationShutdown,
} from '@nestjs/common';

/**
 * Work that is done after the answer, so that the time of the answer does not show whether there was any. Work of one
 * key is done in the order in which it came: of two links, the one asked for last works.
 */
@Injectable()
export class Later implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly last = new Map<string, Promise<void>>();

  /** `work` reports its own outcome; what it throws is ignored. */
  add(key: string, work: () => Promise<void>): void {
    const before = this.last.get(key) ?? Promise.resolve();
    const done = before
      .then(work)
      .catch(() => undefined)
      .finally(() => {
        if (this.last.get(key) === done) this.last.delete(key);
      });
    this.last.set(key, done);
  }

  /** Waits for the work in progress, while the host's database is certainly connected. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.last.values());
  }

  /** Waits for that of requests which were under way at the beginning of the stop. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.last.values());
  }
}
