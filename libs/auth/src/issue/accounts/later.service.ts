import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

/**
 * Work that no answer waits for, so that time does not tell whether there was any. What has one key is done in the order in which it came: of two links
 * the one asked for last is the one that works.
 */
@Injectable()
export class Later implements OnApplicationShutdown {
  private readonly last = new Map<string, Promise<void>>();

  /** `work` says itself what became of it; what it throws is lost. */
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

  /** Before the host's database is gone. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.last.values());
  }
}
