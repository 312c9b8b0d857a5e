import { Injectable } from '@nestjs/common';
import { AuthError } from '../../common/auth-error.js';
import { withDeadline } from '../../common/deadline.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { LedgerEntry } from '../../storage/ledger-entry.js';
import { RevocationFeedBus } from '../../storage/revocation-feed.port.js';
import type { StoreChange } from '../../storage/store-change.js';
import { RevocationSync } from '../../verify/revocation/revocation-sync.service.js';

/**
 * Announces what a store changed, after its commit: first to this process's view, then to the feed,
 * then to listeners.
 */
@Injectable()
export class Announcer {
  /** Failed calls of publish. The next step of any process makes up for them. */
  failedPublishings = 0;

  constructor(
    private readonly options: ResolvedAuthOptions,
    private readonly sync: RevocationSync,
    private readonly events: AuthEventPublisher,
    private readonly feed?: RevocationFeedBus,
  ) {}

  /** Never rejects: what the feed did not accept within the deadline is in the ledger. */
  async announce({ entries, events }: StoreChange): Promise<void> {
    if (entries.length > 0) {
      this.sync.add(entries);
      if (this.feed) await this.publish(this.feed, entries);
    }
    for (const event of events) this.events.publish(event, 'recorded');
  }

  private async publish(feed: RevocationFeedBus, entries: readonly LedgerEntry[]): Promise<void> {
    try {
      const { ledger } = this.sync.view;
      if (ledger === undefined) throw AuthError.unavailable('the ledger is not known yet');
      await withDeadline(
        feed.publish(ledger, entries),
        this.options.revocation.deadlineMs,
        'redis publish',
      );
    } catch {
      this.failedPublishings++;
    }
  }
}
