import { type Change, isEnd } from './change.js';
import { marksOf } from './marks.js';
import { attempt } from './places.js';
import { type Exclusive, queueOf } from './queue.js';
import { sleep } from './timers.js';

const MESSAGE_WAIT_MS = 300;

export interface Tabs {
  /**
   * How many changes this tab knows of. Whoever keeps the number from before a request sees whether one was made since; no clock has a say in it.
   */
  readonly known: number;
  /** What was done before this tab came is no news. */
  whenOpen(): Promise<void>;
  /** Runs `work` while no other tab changes tokens, knowing whatever they did before. */
  readonly inTurn: Exclusive;
  /** Here, to the other tabs, and to the next in the queue. Within `inTurn`. */
  announce(told: Omit<Change, 'id'>): Promise<void>;
  /** The next use opens it again. */
  close(): void;
}

/**
 * The clients of one session change its tokens one at a time, and each knows what the others did.
 *
 * @param shares what it has in common with others; a token goes where the cookies go, never to another store.
 * @param apply called once a change, here or in another tab, in order.
 * @param needsToken a change without its access token is no use (`hybrid`): its message is waited for.
 */
export function tabsOf(
  name: string,
  shares: 'cookies' | 'store' | false,
  apply: (change: Change) => void,
  needsToken: boolean,
): Tabs {
  const locks = shares ? attempt(() => navigator.locks) : undefined;
  const queue = queueOf(name, locks);
  const marks = marksOf(name, locks);
  const seen = new Set<string>();
  let known = 0;
  let channel: BroadcastChannel | undefined;

  function take(change: Change): void {
    if (seen.has(change.id)) return;
    seen.add(change.id);
    known++;
    apply(change);
  }

  async function look(): Promise<void> {
    for (const change of await marks.list()) {
      for (let ms = 0; needsToken && !isEnd(change) && !seen.has(change.id) && ms < MESSAGE_WAIT_MS; ms += 10)
        await sleep(10);
      take(change);
    }
  }

  function open(): void {
    if (shares !== 'cookies' || channel) return;
    channel = attempt(() => new BroadcastChannel(name));
    if (channel) channel.onmessage = ({ data }: MessageEvent<Change>) => take(data);
  }

  open();
  const ready = marks.list().then((changes) => {
    for (const { id } of changes) seen.add(id);
  });
  return {
    get known() {
      return known;
    },
    whenOpen() {
      open();
      return ready;
    },
    inTurn(work) {
      open();
      return queue(async () => {
        await ready;
        await look();
        return work();
      });
    },
    async announce(told) {
      const change = { ...told, id: `${String(Math.random())}${String(known)}` };
      // before the listeners here, who may leave the page
      channel?.postMessage(change);
      take(change);
      if (channel) await marks.leave(change);
    },
    close() {
      channel?.close();
      channel = undefined;
    },
  };
}
