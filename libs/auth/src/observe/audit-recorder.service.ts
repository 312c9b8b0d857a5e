import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { AuthError } from '../common/auth-error.js';
import { ResolvedObserveOptions } from '../options/observe-options.js';
import { isKept, type NewAuditRecord, toRecord } from '../storage/audit-record.js';
import { AuditStore } from '../storage/audit-store.port.js';
import { AuditQueue } from './audit-queue.js';
import { AuthEventPublisher } from './auth-event-publisher.service.js';

const FLUSH_EVERY_MS = 1_000;
const BATCH = 500;
/**
 * How many records of one kind may wait. Past it only their number is kept, so that a flood of one kind does not push
 * out another.
 */
const QUEUE_OF_A_KIND = 2_000;
const PAGE = 1_000;
const CLEAN_UP_EVERY_MS = 3_600_000;

/**
 * Writes routine events into the audit trail, in a batch every second. No request waits for it, and a process that
 * dies loses the events of the last second. While the database is unreachable they wait in a queue, up to 2,000 of a
 * kind. Further ones of that kind are counted in one record, so no kind displaces another.
 */
@Injectable()
export class AuditRecorder
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  /** How many events were only counted, because the queue of their kind was full. */
  dropped = 0;
  private readonly logger = new Logger('Tokenward');
  private readonly queue = new AuditQueue(QUEUE_OF_A_KIND);
  private timer: NodeJS.Timeout | undefined;
  private cleaning: NodeJS.Timeout | undefined;
  private flushing: Promise<void> | undefined;
  private isFailing = false;
  private isStopping = false;

  constructor(
    private readonly options: ResolvedObserveOptions,
    events: AuthEventPublisher,
    private readonly store?: AuditStore,
  ) {
    if (store)
      events.subscribe((event, audit) => {
        if (audit === 'to_be_recorded' && isKept(event)) this.take(toRecord(event));
      });
  }

  onApplicationBootstrap(): void {
    this.cleaning = setInterval(() => {
      this.cleanUp().catch((error: unknown) => {
        const why = error instanceof AuthError ? error.detail : 'unknown error';
        this.logger.warn(`the clean-up of the audit trail failed: ${why}`);
      });
    }, CLEAN_UP_EVERY_MS).unref();
  }

  get pending(): number {
    return this.queue.size;
  }

  /** Writes the waiting records now. Never rejects: records that could not be written stay in the queue. */
  flush(): Promise<void> {
    this.flushing ??= this.write().finally(() => {
      this.flushing = undefined;
      if (this.isStopping && !this.isFailing && this.queue.size > 0) void this.flush();
    });
    return this.flushing;
  }

  /** Deletes records older than `observe.keepAuditFor` and resolves with their number. */
  async cleanUp(): Promise<number> {
    if (!this.store) return 0;
    let removed = 0;
    for (let last = PAGE; last === PAGE; removed += last)
      last = await this.store.removeOlder(this.options.keepAuditForMs, PAGE);
    return removed;
  }

  /**
   * Writes the waiting records, and from now on each record at once: Nest calls the last hooks of a global module, such
   * as `AuthModule`, after those of the module that closes the host's database.
   */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await this.flush();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.cleaning);
    clearTimeout(this.timer);
    while (this.flushing) await this.flushing;
    await this.flush();
    // a flush that failed has set it again
    clearTimeout(this.timer);
  }

  private take(record: NewAuditRecord): void {
    if (this.queue.add(record) === 'lumped') this.dropped++;
    if (this.isStopping) void this.flush();
    else this.schedule();
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, FLUSH_EVERY_MS).unref();
  }

  /** Not those that come meanwhile: the stop waits for this, and until it is closed a busy server makes more. */
  private async write(): Promise<void> {
    for (let left = this.queue.size; this.store && left > 0; left -= BATCH) {
      const batch = this.queue.take(Math.min(left, BATCH));
      try {
        await this.store.append(batch);
      } catch {
        for (const record of batch) this.queue.add(record);
        this.complain();
        this.schedule();
        return;
      }
      this.isFailing = false;
    }
  }

  private complain(): void {
    if (this.isFailing) return;
    this.isFailing = true;
    this.logger.warn(
      'the audit trail cannot be written; routine records wait, security events fail with the change that they record',
    );
  }
}
