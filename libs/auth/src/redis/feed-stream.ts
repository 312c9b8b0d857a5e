import { AuthError } from '../common/auth-error.js';
import type { Clock } from '../common/clock.js';
import { withDeadline } from '../common/deadline.js';
import type { FeedReply } from '../storage/revocation-feed.port.js';
import { itemOf } from './feed-encoding.js';
import { FEED_COMMANDS } from './feed-scripts.js';
import { type HostClient, OwnClient, runScript } from './own-client.js';

const READ_COUNT = 1_000;
/** For how long the server is assumed to be the same one without asking again. */
const LINEAGE_KEPT_MS = 1_000;
/** In waits for news: without a heartbeat for this long, the server may refuse to write. */
const QUIET = { after: 8, askEach: 2 } as const;

/** Reads the stream of the feed, on a connection of its own, because such a read blocks the connection. */
export class FeedStream {
  /** `revocation.maxStaleness`, the smallest of the modules that read; its default until one says it. */
  maxStalenessMs = 1_000;
  readonly #own: OwnClient;
  #readFrom = { connection: -1, lineage: '', askedAt: -Infinity };
  #heardAt = -Infinity;

  constructor(
    host: HostClient,
    private readonly clock: Clock,
    private readonly deadlineMs: number,
  ) {
    this.#own = new OwnClient(host, FEED_COMMANDS);
  }

  /** `keys`: of the ledger, the stream first. See `RevocationFeedBus.read`. */
  async read(
    keys: readonly [string, ...string[]],
    cursor: string,
    blockMs: number,
  ): Promise<FeedReply> {
    const own = this.#own;
    const { connection } = own;
    const [stream] = keys;
    const reading = this.#lineageBefore(keys, blockMs).then(async (lineage) => {
      const found = await own.readPrimary((client) =>
        client.xread('COUNT', READ_COUNT, 'BLOCK', Math.max(1, blockMs), 'STREAMS', stream, cursor),
      );
      return { found, lineage };
    });
    let answer: Awaited<typeof reading>;
    try {
      answer = await withDeadline(reading, blockMs + this.deadlineMs, 'redis read');
    } catch (error) {
      // The answer may still arrive, and must not be taken for that of a later command.
      if (own.client.status === 'ready') own.reconnect();
      if (error instanceof AuthError) throw error;
      throw AuthError.unavailable('redis read: failed');
    }
    if (own.connection !== connection)
      throw AuthError.unavailable('redis read: the connection changed');
    const messages = answer.found?.[0]?.[1] ?? [];
    if (messages.length > 0) this.#heardAt = this.clock.monotonic();
    const items = messages.flatMap(([, fields]) => itemOf(fields) ?? []);
    return {
      items,
      cursor: messages.at(-1)?.[0] ?? cursor,
      complete: messages.length < READ_COUNT,
      connection,
      lineage: answer.lineage || undefined,
    };
  }

  close(): void {
    this.#own.close();
  }

  /** Identifies the server of the next read; what is read only holds for that one. */
  async #lineageBefore(keys: readonly string[], blockMs: number): Promise<string> {
    const client = await this.#own.ready();
    const { connection } = this.#own;
    const now = this.clock.monotonic();
    const known = this.#readFrom;
    const isQuiet = now - this.#heardAt > QUIET.after * blockMs;
    const keptMs = isQuiet ? QUIET.askEach * blockMs : LINEAGE_KEPT_MS;
    if (known.connection === connection && now - known.askedAt < keptMs) return known.lineage;
    const lineage = String(
      await runScript(client, 'tokenwardLineage', keys, [this.maxStalenessMs]),
    );
    this.#readFrom = { connection, lineage, askedAt: now };
    return lineage;
  }
}
