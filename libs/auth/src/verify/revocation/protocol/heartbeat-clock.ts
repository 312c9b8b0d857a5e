import { later, type Instant } from './instant.js';
import type { Heartbeat } from '../../../storage/revocation-feed.port.js';

const REMEMBERED = 64;

/** Over which connection something was seen. */
export type Channel = 'tail' | 'ask';

interface Sightings {
  connection: number;
  head: string | undefined;
  /** Head → when the last read was sent that still found it. */
  readonly sentAt: Map<string, Instant>;
}

function remember(map: Map<string, Instant>, id: string, instant: Instant): void {
  map.delete(id);
  map.set(id, instant);
  if (map.size > REMEMBERED) map.delete(map.keys().next().value as string);
}

/**
 * Dates heartbeats by this process's own clocks. A read sent at t that found h as the head proves that h's successors were appended after t;
 * a heartbeat's snapshot was taken after its base was appended; so a heartbeat whose base is a successor of h holds all that was committed
 * before t. By send time, never by receipt: a paused process finds old replies in its socket.
 */
export class HeartbeatClock {
  readonly #dates = new Map<string, Instant>();
  readonly #seen: Record<Channel, Sightings> = {
    tail: { connection: -1, head: undefined, sentAt: new Map() },
    ask: { connection: -1, head: undefined, sentAt: new Map() },
  };

  /** What is true of every state of the feed whose head is `beat`: it holds all that was committed before the returned instant. */
  date(channel: Channel, connection: number, beat: Heartbeat): Instant | undefined {
    const seen = this.#on(channel, connection);
    let date = later(this.#dates.get(beat.id), this.#dates.get(beat.prev));
    for (const id of beat.before) {
      date = later(date, this.#dates.get(id));
      if (beat.kind === 'whole') date = later(date, seen.sentAt.get(id));
    }
    if (date) remember(this.#dates, beat.id, date);
    return date;
  }

  /** A read sent at `sentAt`, not cut short, found `head`. Call it after `date` of what the same read brought. */
  observe(channel: Channel, connection: number, head: string, sentAt: Instant): void {
    const seen = this.#on(channel, connection);
    // A head that comes back belongs to a history that was rolled back: earlier sightings say nothing about this one.
    if (head !== seen.head && seen.sentAt.has(head)) seen.sentAt.clear();
    seen.head = head;
    remember(seen.sentAt, head, sentAt);
  }

  #on(channel: Channel, connection: number): Sightings {
    const seen = this.#seen[channel];
    if (seen.connection !== connection) {
      seen.connection = connection;
      seen.head = undefined;
      seen.sentAt.clear();
    }
    return seen;
  }
}
