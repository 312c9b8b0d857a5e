import { later, type Instant } from './instant.js';
import type { Heartbeat } from '../../../storage/revocation-feed.port.js';

const REMEMBERED = 64;

/** The connection on which something was seen. */
export type Channel = 'tail' | 'ask';

interface Sightings {
  connection: number;
  head: string | undefined;
  /** For each head, when the last read was sent that still found it. */
  readonly sentAt: Map<string, Instant>;
}

function remember(map: Map<string, Instant>, id: string, instant: Instant): void {
  map.delete(id);
  map.set(id, instant);
  if (map.size > REMEMBERED) map.delete(map.keys().next().value as string);
}

/**
 * Dates heartbeats by this process's own clocks. A read that was sent at t and found h as the head
 * proves that h's successors were appended after t. A heartbeat's snapshot was taken after its base
 * was appended. So a heartbeat whose base is a successor of h contains everything that was
 * committed before t. The time of sending counts, never that of receipt, because a process that was
 * paused finds old replies in its socket.
 */
export class HeartbeatClock {
  readonly #dates = new Map<string, Instant>();
  readonly #seen: Record<Channel, Sightings> = {
    tail: { connection: -1, head: undefined, sentAt: new Map() },
    ask: { connection: -1, head: undefined, sentAt: new Map() },
  };

  /** Every state of the feed with the head `beat` contains all that was committed before the returned instant. */
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

  /**
   * A read that was sent at `sentAt` and is complete found `head`. Call this after `date` for the
   * heartbeats of the same read.
   */
  observe(channel: Channel, connection: number, head: string, sentAt: Instant): void {
    const seen = this.#on(channel, connection);
    // A head that appears again belongs to a history that was rolled back, so earlier sightings
    // prove nothing about it.
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
