import type { Change } from './change.js';
import { attempt } from './places.js';
import { type Exclusive, queueOf } from './queue.js';
import { sleep } from './timers.js';
import { LATE_MS } from './waits.js';

export interface Tabs {
  /**
   * How many changes this tab knows of. Compare it with the number from before a request to see whether there was a
   * change since, without any clock.
   */
  readonly known: number;
  /** Starts to listen, also again after `close`. */
  reopen(): void;
  /** Runs `work` while no other tab changes tokens. By then this tab knows all earlier changes of the others. */
  readonly inTurn: Exclusive;
  /** Applies the change here and tells the other tabs. To be called within `inTurn`. */
  announce(change: Change): void;
  close(): void;
}

/**
 * The clients of one session change its tokens one at a time, and each knows the changes of the others.
 *
 * @param isShared whether other clients may have the same session.
 * @param apply called once for each change, here or in another tab, in order.
 * @param concerns whether a change of another tab belongs to this session; it may have to be called again.
 * @param onReturn called when the page was in the back/forward cache, or frozen until others stopped waiting: no
 * message reached it meanwhile.
 */
export function tabsOf(
  name: string,
  isShared: unknown,
  apply: (change: Change) => void,
  concerns: (change: Change) => Promise<boolean>,
  onReturn: () => void,
): Tabs {
  const queue = queueOf(name, isShared ? attempt(() => navigator.locks) : undefined, show);
  let known = 0;
  let channel: BroadcastChannel | undefined;

  function take(change: Change): void {
    known++;
    apply(change);
  }

  async function hear(change: Change): Promise<void> {
    for (let ms = 0; ms < LATE_MS; ms += 10) {
      if (await concerns(change)) return take(change);
      await sleep(10);
    }
  }

  /** Without an event: others stopped waiting for this page. */
  function show(event?: Pick<PageTransitionEvent, 'persisted'>): void {
    if (event && !event.persisted) return;
    known++;
    onReturn();
  }

  function reopen(): void {
    if (!isShared || channel) return;
    channel = attempt(() => new BroadcastChannel(name));
    if (channel) channel.onmessage = ({ data }: MessageEvent<Change>) => void hear(data);
    globalThis.addEventListener?.('pageshow', show);
  }

  reopen();
  return {
    get known() {
      return known;
    },
    reopen,
    inTurn(work) {
      reopen();
      return queue(work);
    },
    announce(change) {
      // sent before the listeners of this page run, because they may leave the page
      channel?.postMessage(change);
      take(change);
    },
    close() {
      channel?.close();
      channel = undefined;
      globalThis.removeEventListener?.('pageshow', show);
    },
  };
}
