import { beforeEach, describe, expect, it } from '@jest/globals';
import type { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { AuthEventInput } from '../../storage/auth-event.js';
import type { LedgerEntry } from '../../storage/ledger-entry.js';
import type { RevocationFeedBus } from '../../storage/revocation-feed.port.js';
import type { RevocationSync } from '../../verify/revocation/revocation-sync.service.js';
import { Announcer } from './announcer.service.js';

const entries: LedgerEntry[] = [{ kind: 'session', id: 's', value: 0, expiresAt: 1 }];
const events: AuthEventInput[] = [
  { type: 'user.registered', userId: 'a' },
  { type: 'user.registered', userId: 'b' },
];

let happened: unknown[];
/** How the feed takes what is published. */
let fate: () => Promise<void>;
let ledger: string | undefined;
beforeEach(() => {
  happened = [];
  fate = () => Promise.resolve();
  ledger = 'ours';
});

function announcer(storage: 'with a feed' | 'without a feed' = 'with a feed'): Announcer {
  const options = { revocation: { deadlineMs: 5 } };
  const sync = {
    view: {
      get ledger() {
        return ledger;
      },
    },
    add: (some: unknown) => void happened.push(['own view', some]),
  };
  const publisher = {
    publish: ({ userId }: { userId: string }, audit: string) => happened.push([userId, audit]),
  };
  const feed = {
    publish: async (of: string, some: unknown) => {
      happened.push(['feed of', of, some]);
      await fate();
      happened.push('in the feed');
    },
  };
  return new Announcer(
    options as unknown as ResolvedAuthOptions,
    sync as unknown as RevocationSync,
    publisher as unknown as AuthEventPublisher,
    storage === 'with a feed' ? (feed as unknown as RevocationFeedBus) : undefined,
  );
}
const told = [
  ['a', 'recorded'],
  ['b', 'recorded'],
];

describe('a change of a store', () => {
  it('is known here first, then in the feed, then to the listeners, who need not record it', async () => {
    const own = announcer();
    await own.announce({ entries, events });
    expect(happened).toEqual([
      ['own view', entries],
      ['feed of', 'ours', entries],
      'in the feed',
      ...told,
    ]);
    expect(own.failedPublishings).toBe(0);
  });

  it('is refused here before the feed is asked, whatever the feed does', () => {
    fate = () => new Promise(() => undefined);
    void announcer().announce({ entries, events: [] });
    expect(happened[0]).toEqual(['own view', entries]);
  });

  it('that revokes nothing goes to the listeners alone', async () => {
    await announcer().announce({ entries: [], events });
    expect(happened).toEqual(told);
  });

  it('goes to the own view and the listeners where there is no feed', async () => {
    const own = announcer('without a feed');
    await own.announce({ entries, events });
    expect(happened).toEqual([['own view', entries], ...told]);
    expect(own.failedPublishings).toBe(0);
  });

  it.each<[string, () => Promise<void>]>([
    ['refuses it', () => Promise.reject(new Error('READONLY'))],
    ['does not answer within the deadline', () => new Promise(() => undefined)],
  ])('is announced all the same, and counted, if the feed %s', async (_, happens) => {
    fate = happens;
    const own = announcer();
    await own.announce({ entries, events });
    await own.announce({ entries, events: [] });
    expect(happened).toEqual(expect.arrayContaining(told));
    expect(happened).not.toContain('in the feed');
    expect(own.failedPublishings).toBe(2);
  });

  it('is not published while nobody knows whose ledger it is', async () => {
    ledger = undefined;
    const own = announcer();
    await own.announce({ entries, events });
    expect(happened).toEqual([['own view', entries], ...told]);
    expect(own.failedPublishings).toBe(1);
  });
});
