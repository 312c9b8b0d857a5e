/** What one tab tells the others. An access token is among it only where scripts hold it anyway (`hybrid`); never a refresh token. */
export type Message =
  | {
      readonly type: 'refreshed';
      readonly at: number;
      readonly accessToken?: string;
      readonly expiresIn: number;
    }
  | { readonly type: 'signedIn' }
  | { readonly type: 'signedOut'; readonly reason: 'logout' | 'refused' };

/** How long a finished refresh speaks for those who asked before it finished. */
const MARK_MS = 5_000;
const MESSAGE_WAIT_MS = 300;

/**
 * One refresh at a time over all tabs of an origin. A Web Lock is the queue; who has refreshed leaves a mark that the next in the queue can
 * see at once: the name of a shared lock, which every tab reads in one order with the queue (a message or storage may come later than the lock).
 * Without Web Locks (plain HTTP, old browsers, Node) there is one refresh at a time in this tab alone.
 */
export class Tabs {
  private readonly channel: BroadcastChannel | undefined;
  private readonly locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
  private last: Extract<Message, { type: 'refreshed' }> | undefined;
  private heard: (() => void) | undefined;

  constructor(
    private readonly name: string,
    onMessage: (message: Message) => void,
    shared: boolean,
  ) {
    if (!shared || typeof BroadcastChannel === 'undefined') return;
    this.channel = new BroadcastChannel(name);
    // in Node an open channel would keep the process alive
    (this.channel as { unref?: () => void }).unref?.();
    this.channel.onmessage = (event: MessageEvent<Message>) => {
      if (event.data.type === 'refreshed') this.last = event.data;
      onMessage(event.data);
      this.heard?.();
    };
  }

  tell(message: Message): void {
    this.channel?.postMessage(message);
  }

  /** Runs `work` unless another tab has finished one since this call; `theirs` gets what it told, if it told. */
  async once(
    work: () => Promise<Message | undefined>,
    theirs: (told: Message | undefined) => void,
  ): Promise<void> {
    const asked = Date.now();
    if (!this.locks || !this.channel) return void (await this.finish(work));
    const mark = `${this.name}:done:`;
    await this.locks.request(this.name, async () => {
      const { held = [] } = (await this.locks?.query()) ?? {};
      const done = held.some(
        ({ name }) => name?.startsWith(mark) && Number(name.slice(mark.length)) >= asked,
      );
      if (!done) return void (await this.finish(work, mark));
      if (!this.last || this.last.at < asked) await this.message();
      theirs(this.last && this.last.at >= asked ? this.last : undefined);
    });
  }

  close(): void {
    this.channel?.close();
  }

  private async finish(work: () => Promise<Message | undefined>, mark?: string): Promise<void> {
    const message = await work();
    if (!message) return;
    this.tell(message);
    if (!mark || message.type !== 'refreshed') return;
    await new Promise<void>((held) => {
      void this.locks?.request(mark + String(Date.now()), { mode: 'shared' }, () => {
        held();
        return new Promise((release) => setTimeout(release, MARK_MS));
      });
    });
  }

  private message(): Promise<void> {
    return new Promise((resolve) => {
      this.heard = resolve;
      setTimeout(resolve, MESSAGE_WAIT_MS);
    });
  }
}
