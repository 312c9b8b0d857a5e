import type { Cluster, Redis } from 'ioredis';

/** A host's client: ioredis on its own, through Sentinel, or on Cluster. */
export type HostClient = Redis | Cluster;

/** By its mark, not its class: the host may have its own copy of ioredis. */
export function isCluster(client: HostClient): client is Cluster {
  return client.isCluster;
}

/** Fails at once while disconnected, never resends, answers in one shape; comes back by itself. */
const CONNECTION = {
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  enableReadyCheck: true,
  connectTimeout: 2_000,
  // A hung server acknowledges no farewell.
  disconnectTimeout: 250,
  lazyConnect: false,
  protocol: 2 as const,
  replyMapping: 'legacy' as const,
};

const retryStrategy = (times: number): number => Math.min(25 * 2 ** Math.min(times, 5), 500);

type ScriptCommand = (keyCount: number, ...rest: (string | number)[]) => Promise<unknown>;

/** One of the scripts that the own client was made with. */
export function runScript(
  client: HostClient,
  name: string,
  keys: readonly string[],
  args: readonly (string | number)[] = [],
): Promise<unknown> {
  const command = (client as unknown as Record<string, ScriptCommand | undefined>)[name];
  if (!command) throw new TypeError(`no script ${name}`);
  return command.call(client, keys.length, ...keys, ...args);
}

/** A connection of Tokenward's own, like the host's (address, credentials, key prefix, TLS). */
export class OwnClient {
  readonly client: HostClient;
  /** Changes whenever a connection was lost or the cluster's nodes changed. */
  connection = 0;
  #replica = false;
  #everReady = false;
  #leaving = false;

  /** `scripts`: Lua by the name of its command, for `runScript`. */
  constructor(host: HostClient, scripts: Readonly<Record<string, string>> = {}) {
    this.client = isCluster(host)
      ? host.duplicate([], {
          redisOptions: CONNECTION,
          enableOfflineQueue: false,
          clusterRetryStrategy: retryStrategy,
          lazyConnect: false,
          scaleReads: 'master',
        })
      : host.duplicate({ ...CONNECTION, enableOfflineQueue: false, retryStrategy, role: 'master' });
    for (const [name, lua] of Object.entries(scripts)) this.client.defineCommand(name, { lua });
    const changed = (): void => {
      this.connection++;
      this.#leaving = false;
    };
    this.client.on('close', changed);
    if (isCluster(this.client)) this.client.on('+node', changed).on('-node', changed);
    else this.#askRole(this.client);
    // Every failure reaches its caller; the event alone must not end the process.
    this.client.on('error', () => undefined);
  }

  /** Connected to a replica: it lags behind by nobody knows how much, so that nothing it says is a proof. */
  get replica(): boolean {
    return this.#replica;
  }

  /** The first connection is waited for (the caller holds a deadline); afterwards commands fail at once while there is none. */
  async ready(): Promise<HostClient> {
    if (!this.#everReady && this.client.status !== 'ready') {
      await new Promise<void>((resolve) => this.client.once('ready', resolve));
    }
    this.#everReady = true;
    return this.client;
  }

  /** Sent before anything else on a connection, hence answered before it. */
  #askRole(client: Redis): void {
    client.on('ready', () => {
      const heed = (answer: unknown): void => {
        this.#replica = Array.isArray(answer) && answer[0] === 'slave';
      };
      // Who may not ask (ACL) is believed.
      client.role().then(heed, heed);
    });
  }

  reconnect(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.client.disconnect(true);
  }

  close(): void {
    this.client.disconnect();
  }
}
