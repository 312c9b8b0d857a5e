import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { LedgerEntry, RevocableToken } from '../../storage/ledger-entry.js';
import {
  FEED_VERSION,
  type Heartbeat,
  type RevocationFeedBus,
} from '../../storage/revocation-feed.port.js';
import { assertHolds, casesFor, type ConformanceCase } from './conformance-case.js';

export interface RevocationFeedSubject {
  /** Connected to a primary, which may hold feeds of other ledgers. */
  readonly feed: RevocationFeedBus;
  /** The time of the feed's server, in milliseconds since the epoch. */
  readonly now: () => number;
}

const LIFE_MS = 600_000;

function beat(ledger: string, prev: string, changes: Partial<Heartbeat> = {}): Heartbeat {
  const position = { ledger, timeline: 1, snapshot: '5:5:' };
  return {
    version: FEED_VERSION,
    id: randomUUID(),
    prev,
    before: [],
    position,
    kind: 'whole',
    ...changes,
  };
}

function tokenOf(): RevocableToken {
  const [tokenId, sessionId, subject, keyId] = [
    randomUUID(),
    randomUUID(),
    randomUUID(),
    randomUUID(),
  ];
  return { tokenId, sessionId, subject, keyId, tokenVersion: 3, issuedAt: 1_000 };
}

/** Entries that refuse the token, one of each kind. */
function refusing(token: RevocableToken, expiresAt: number): readonly LedgerEntry[] {
  const { tokenId, sessionId, subject, keyId } = token;
  return [
    { kind: 'token', id: tokenId, value: 0, expiresAt },
    { kind: 'session', id: sessionId, value: 0, expiresAt },
    { kind: 'key', id: keyId, value: 0, expiresAt },
    { kind: 'user', id: subject, value: 4, expiresAt },
    { kind: 'all', id: '', value: 1_001, expiresAt },
  ];
}

/** Similar entries that do not refuse the token. */
function sparing(token: RevocableToken, expiresAt: number): readonly LedgerEntry[] {
  return [
    { kind: 'session', id: token.tokenId, value: 0, expiresAt },
    { kind: 'token', id: token.sessionId, value: 0, expiresAt },
    { kind: 'user', id: token.subject, value: 3, expiresAt },
    { kind: 'all', id: '', value: 1_000, expiresAt },
  ];
}

async function entriesIn(feed: RevocationFeedBus, ledger: string): Promise<readonly LedgerEntry[]> {
  const found: LedgerEntry[] = [];
  await feed.snapshot(ledger, (entry) => found.push(entry));
  return found;
}

const CASES: Readonly<Record<string, (subject: RevocationFeedSubject) => Promise<void>>> = {
  // T-5ff7
  'appends a heartbeat only to the head that it names': async ({ feed, now }) => {
    const ledger = randomUUID();
    assert.equal((await feed.head(ledger)).beat, undefined);
    const first = beat(ledger, '');
    assert.deepEqual(await feed.append(ledger, [], first), { kind: 'appended' });
    const entries = refusing(tokenOf(), now() + LIFE_MS);
    assert.deepEqual(await feed.append(ledger, entries, beat(ledger, '')), {
      kind: 'moved',
      head: first,
    });
    assert.deepEqual(await entriesIn(feed, ledger), []);
    const second = beat(ledger, first.id, { before: [first.prev] });
    assert.deepEqual(await feed.append(ledger, [], second), { kind: 'appended' });
    assert.deepEqual((await feed.head(ledger)).beat, second);
  },

  'only one of several heartbeats with the same head is appended': async ({ feed }) => {
    const ledger = randomUUID();
    const rivals = Array.from({ length: 8 }, () => beat(ledger, ''));
    const outcomes = await Promise.all(rivals.map((each) => feed.append(ledger, [], each)));
    assert.equal(outcomes.filter(({ kind }) => kind === 'appended').length, 1);
  },

  'reads what was appended after a cursor, in order and without repetition': async ({
    feed,
    now,
  }) => {
    const ledger = randomUUID();
    const { cursor: start } = await feed.head(ledger);
    const [entry] = refusing(tokenOf(), now() + LIFE_MS) as [LedgerEntry];
    const first = beat(ledger, '');
    await feed.append(ledger, [], first);
    const second = beat(ledger, first.id);
    await feed.append(ledger, [entry], second);
    const reply = await feed.read(ledger, start, 10);
    assert.deepEqual(reply.items, [
      { kind: 'beat', beat: first },
      { kind: 'row', entry },
      { kind: 'beat', beat: second },
    ]);
    assert.equal(reply.complete, true);
    assert.equal((await feed.head(ledger)).cursor, reply.cursor);
    const nothing = await feed.read(ledger, reply.cursor, 10);
    assert.deepEqual([nothing.items, nothing.cursor], [[], reply.cursor]);
  },

  'a read that waits is answered by the next append': async ({ feed }) => {
    const ledger = randomUUID();
    const first = beat(ledger, '');
    await feed.append(ledger, [], first);
    const { cursor } = await feed.head(ledger);
    const reading = feed.read(ledger, cursor, 5_000);
    const second = beat(ledger, first.id);
    await feed.append(ledger, [], second);
    assert.deepEqual((await reading).items, [{ kind: 'beat', beat: second }]);
  },

  'answers a look-up for every kind of entry, with the head': async ({ feed, now }) => {
    for (const [verdict, make] of [['revoked', refusing] as const, ['silent', sparing] as const]) {
      const token = tokenOf();
      for (const entry of make(token, now() + LIFE_MS)) {
        const ledger = randomUUID();
        await feed.publish(ledger, [entry]);
        assertHolds(await feed.lookup(ledger, token), { verdict, head: undefined });
        const first = beat(ledger, '');
        await feed.append(ledger, [], first);
        assert.deepEqual((await feed.lookup(ledger, token)).head, first);
        assert.equal((await feed.lookup(ledger, token)).verdict, verdict, JSON.stringify(entry));
        assert.deepEqual(await entriesIn(feed, ledger), [entry]);
      }
    }
  },

  'an entry that is published twice exists once, with the greatest value': async ({
    feed,
    now,
  }) => {
    const [ledger, token, expiresAt] = [randomUUID(), tokenOf(), now() + LIFE_MS];
    const bump = (minVersion: number, at = expiresAt): readonly LedgerEntry[] => [
      { kind: 'user', id: token.subject, value: minVersion, expiresAt: at },
    ];
    await feed.publish(ledger, bump(7));
    await feed.publish(ledger, bump(2, expiresAt - 60_000));
    assert.deepEqual(await entriesIn(feed, ledger), bump(7));
    assert.equal((await feed.lookup(ledger, { ...token, tokenVersion: 6 })).verdict, 'revoked');
    assert.equal((await feed.lookup(ledger, { ...token, tokenVersion: 7 })).verdict, 'silent');
  },

  'an expired entry does not refuse tokens after the next append': async ({ feed, now }) => {
    const [ledger, token] = [randomUUID(), tokenOf()];
    await feed.publish(ledger, refusing(token, now() - 1));
    await feed.append(ledger, [], beat(ledger, ''));
    assert.equal((await feed.lookup(ledger, token)).verdict, 'silent');
  },

  'accepts as many rows in one append as it declares': async ({ feed, now }) => {
    const ledger = randomUUID();
    const entries = Array.from({ length: feed.maxRows }, (): LedgerEntry => ({
      kind: 'token',
      id: randomUUID(),
      value: 0,
      expiresAt: now() + LIFE_MS,
    }));
    assert.deepEqual(await feed.append(ledger, entries, beat(ledger, '')), { kind: 'appended' });
    assert.equal((await entriesIn(feed, ledger)).length, feed.maxRows);
  },

  'a truncated reply says so, and the next one continues': async ({ feed, now }) => {
    const [ledger, count] = [randomUUID(), 2_500];
    const entries = Array.from({ length: count }, (): LedgerEntry => ({
      kind: 'token',
      id: randomUUID(),
      value: 0,
      expiresAt: now() + LIFE_MS,
    }));
    let { cursor } = await feed.head(ledger);
    await feed.publish(ledger, entries);
    let read = 0;
    for (let complete = false; !complete;) {
      const reply = await feed.read(ledger, cursor, 10);
      assert.ok(reply.items.length > 0, 'an incomplete reply had no items');
      ({ cursor, complete } = reply);
      read += reply.items.length;
    }
    assert.equal(read, count);
  },

  'each ledger has its own feed': async ({ feed, now }) => {
    const [ours, theirs, token] = [randomUUID(), randomUUID(), tokenOf()];
    await feed.append(ours, refusing(token, now() + LIFE_MS), beat(ours, ''));
    assertHolds(await feed.lookup(theirs, token), { verdict: 'silent', head: undefined });
    assert.deepEqual(await entriesIn(feed, theirs), []);
  },

  'returns who else announced, and which ledgers a signer has': async ({ feed }) => {
    const [ours, theirs, signer, other] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    await feed.announce(theirs, [other]);
    const others = await feed.announce(ours, [signer]);
    assert.ok(others.includes(theirs) && !others.includes(ours));
    assert.deepEqual(await feed.ledgersOf([signer]), [ours]);
    assert.deepEqual([...(await feed.ledgersOf([signer, other]))].sort(), [ours, theirs].sort());
    assert.deepEqual(await feed.ledgersOf([randomUUID()]), []);
  },

  'names the same connection and server in answers over one connection': async ({ feed }) => {
    const [ledger, token] = [randomUUID(), tokenOf()];
    const first = await feed.lookup(ledger, token, { lineage: 'include' });
    const second = await feed.lookup(ledger, token, { lineage: 'include' });
    assert.deepEqual([second.connection, second.lineage], [first.connection, first.lineage]);
  },
};

/**
 * The requirements on every `RevocationFeedBus`. Its own specs must test deadlines, lost connections and servers that
 * are not a primary.
 */
export function revocationFeedConformance(
  subject: () => RevocationFeedSubject | Promise<RevocationFeedSubject>,
): readonly ConformanceCase[] {
  return casesFor(CASES, subject);
}
