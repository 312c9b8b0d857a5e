import { type Change, isEnd } from './change.js';
import { Marks } from './marks.js';
import { type Places, placesOf, type Scope } from './places.js';
import { Queue } from './queue.js';
import { quietTimer } from './timers.js';

const MESSAGE_WAIT_MS = 300;

interface TabsOptions {
  readonly name: string;
  readonly scope: Scope;
  /** A change without its access token is no use (`hybrid`): its message is waited for. */
  readonly needsToken: boolean;
  /** Once a change, here or in another tab, in order. */
  readonly apply: (change: Change) => void;
}

/** The tabs of a browser change their tokens one at a time, and each knows what the others did. */
export class Tabs {
  /**
   * How many changes this tab knows of. Whoever keeps the number from before a request sees whether one was made since; no clock has a say in it.
   */
  known = 0;
  /** What was done before this tab came is no news. */
  readonly ready: Promise<void>;
  private readonly places: Places;
  private readonly queue: Queue;
  private readonly marks: Marks;
  private readonly seen = new Set<string>();
  private heard: (() => void) | undefined;

  constructor(private readonly options: TabsOptions) {
    const { name, scope } = options;
    this.places = placesOf(name, scope);
    this.queue = new Queue(name, this.places);
    this.marks = new Marks(name, this.places);
    const { channel } = this.places;
    if (channel) {
      // in Node an open channel would keep the process alive
      (channel as { unref?: () => void }).unref?.();
      channel.onmessage = ({ data }: MessageEvent<Change>) => {
        this.take(data);
        this.heard?.();
      };
    }
    this.ready = this.done().then((changes) => changes.forEach(({ id }) => this.seen.add(id)));
  }

  /** Runs `work` while no other tab changes tokens, knowing whatever they did before. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.queue.run(async () => {
      await this.ready;
      for (const change of await this.done()) {
        if (this.options.needsToken && !isEnd(change)) await this.message(change.id);
        this.take(change);
      }
      return work();
    });
  }

  /** Here, to the other tabs, and to the next in the queue. Within `exclusive`. */
  async announce(told: Omit<Change, 'id'>): Promise<void> {
    const change = { ...told, id: Math.random().toString(36) + String(this.known) };
    // before the listeners here, who may leave the page
    this.places.channel?.postMessage(change);
    this.take(change);
    if (this.places.channel) await this.marks.leave(change);
  }

  close(): void {
    this.places.channel?.close();
  }

  private take(change: Change): void {
    if (this.seen.has(change.id)) return;
    this.seen.add(change.id);
    this.known++;
    this.options.apply(change);
  }

  private async done(): Promise<readonly Change[]> {
    return this.places.channel ? this.marks.list() : [];
  }

  private message(id: string): Promise<void> {
    return new Promise((resolve) => {
      this.heard = () => {
        if (this.seen.has(id)) resolve();
      };
      this.heard();
      quietTimer(resolve, MESSAGE_WAIT_MS);
    });
  }
}
