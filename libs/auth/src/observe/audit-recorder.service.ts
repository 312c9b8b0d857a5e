import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  Optional,
} from '@nestjs/common';
import { ResolvedObserveOptions } from '../options/observe-options.js';
import { isRoutine, type NewAuditRecord, toRecord } from '../storage/audit-record.js';
import { AuditStore } from '../storage/audit-store.port.js';
import { AuthEventPublisher } from './auth-event-publisher.service.js';

const FLUSH_EVERY_MS = 1_000;
const BATCH = 500;
const QUEUE = 10_000;
const PAGE = 1_000;
const CLEAN_UP_EVERY_MS = 3_600_000;

/**
 * Routine events into the audit trail, in batches a second apart: nobody waits for it, and a process that dies loses the last second of them. While
 * the database is away they queue; past 10,000 the oldest are dropped and counted.
 */
@Injectable()
export class AuditRecorder implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Records that were dropped because the queue was full. */
  dropped = 0;
  private readonly logger = new Logger('Tokenward');
  private queue: NewAuditRecord[] = [];
  private timer: NodeJS.Timeout | undefined;
  private cleaning: NodeJS.Timeout | undefined;
  private flushing: Promise<void> | undefined;
  private isFailing = false;

  constructor(
    private readonly options: ResolvedObserveOptions,
    events: AuthEventPublisher,
    @Optional() private readonly store?: AuditStore,
  ) {
    if (store)
      events.subscribe((event) => {
        if (isRoutine(event)) this.take(toRecord(event));
      });
  }

  onApplicationBootstrap(): void {
    this.cleaning = setInterval(() => {
      this.cleanUp().catch((error: unknown) => {
        this.logger.warn(
          `the clean-up of the audit trail failed: ${error instanceof Error ? error.message : 'unknown error'}`,
        );
      });
    }, CLEAN_UP_EVERY_MS).unref();
  }

  get pending(): number {
    return this.queue.length;
  }

  /** Writes what is waiting, now. Never rejects: what could not be written stays. */
  flush(): Promise<void> {
    this.flushing ??= this.write().finally(() => {
      this.flushing = undefined;
    });
    return this.flushing;
  }

  /** Forgets what is older than `observe.keepAuditFor`; resolves with how many. */
  async cleanUp(): Promise<number> {
    if (!this.store) return 0;
    let removed = 0;
    for (let last = PAGE; last === PAGE; removed += last)
      last = await this.store.removeOlder(this.options.keepAuditForMs, PAGE);
    return removed;
  }

  /** Before the host closes its database. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.cleaning);
    clearTimeout(this.timer);
    await this.flushing;
    await this.flush();
    clearTimeout(this.timer);
  }

  private take(record: NewAuditRecord): void {
    if (this.queue.length >= QUEUE) {
      this.queue.shift();
      this.dropped++;
    }
    this.queue.push(record);
    this.schedule();
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, FLUSH_EVERY_MS).unref();
  }

  private async write(): Promise<void> {
    while (this.store && this.queue.length > 0) {
      const batch = this.queue.slice(0, BATCH);
      try {
        await this.store.append(batch);
      } catch {
        this.complain();
        this.schedule();
        return;
      }
      this.isFailing = false;
      const written = new Set(batch);
      // some of them may have been dropped meanwhile
      this.queue = this.queue.filter((record) => !written.has(record));
    }
  }

  private complain(): void {
    if (this.isFailing) return;
    this.isFailing = true;
    this.logger.warn(
      'the audit trail cannot be written; routine records wait, security events fail with their cause',
    );
  }
}
