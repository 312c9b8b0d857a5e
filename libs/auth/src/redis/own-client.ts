import type { Cluster, Redis } from 'ioredis';
import { AuthError } from '../common/auth-error.js';
import { tellMissingRight } from './missing-rights.js';
import { leaveIfSilent } from './silent-server.js';

/** A host's client: a single ioredis client, one through Sentinel, or one on Cluster. */
export type HostClient = Redis | Cluster;

/**
 * Other clients have `duplicate`, too, and would fail at the first command. Checks properties, not the
 * class: the host may have another copy of ioredis.
 */
export function isIoredis(client: unknown): client is HostClient {
  const { duplicate, defineCommand, isCluster } = (client ?? {}) as Partial<HostClient>;
  return (
    typeof duplicate === 'function' &&
    typeof defineCommand === 'function' &&
    typeof isCluster === 'boolean'
  );
}

export function isCluster(client: HostClient): client is Cluster {
  return client.isCluster;
}

/**
 * Fails at once while disconnected, never resends, always answers in the same format, and
 * reconnects by itself.
 */
const CONNECTION = {
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  enableReadyCheck: true,
  connectTimeout: 2_000,
  // A server that hangs does not acknowledge the disconnect.
  disconnectTimeout: 250,
  // a client that was made and never used (a failed boot) must not keep the process alive
  lazyConnect: true,
  protocol: 2 as const,
  replyMapping: 'legacy' as const,
  stringNumbers: false,
  // otherwise the role would be asked before the read is sent
  enableAutoPipelining: false,
  // Tokenward has deadlines of its own, and waits longer for what is new in the feed
  commandTimeout: undefined,
  socketTimeout: undefined,
  blockingTimeout: undefined,
};

const retryStrategy = (times: number): number => Math.min(25 * 2 ** Math.min(times, 5), 500);

const NOT_A_PRIMARY = {
  replica: 'redis: connected to a replica, which proves nothing; connect to the primary',
  unknown:
    'redis: the server does not say whether it is a primary, and so proves nothing; allow this user HELLO or ROLE (ACL: +hello)',
} as const;

/** A cluster node that is not the key's primary redirects the request. */
async function roleOf(client: HostClient): Promise<'primary' | keyof typeof NOT_A_PRIMARY> {
  if (isCluster(client)) return 'primary';
  // HELLO is allowed for users that may not call ROLE or INFO (`-@dangerous`)
  const said: unknown = await client
    .call('HELLO')
    .catch(() => client.role())
    .catch(() => undefined);
  if (!Array.isArray(said)) return 'unknown';
  const role: unknown = said[said.indexOf('role') + 1];
  return role === 'master'
    ? 'primary'
    : role === 'slave' || role === 'replica'
      ? 'replica'
      : 'unknown';
}

const FEED = 'The revocation feed does not work, and revocations travel through PostgreSQL alone';
const COPIES = 'The copies of revocations for other languages are not written';

type ScriptCommand = (keyCount: number, ...rest: (string | number)[]) => Promise<unknown>;

/** Runs one of the scripts that the client was made with. */
export function runScript(
  client: HostClient,
  name: string,
  keys: readonly string[],
  args: readonly (string | number)[] = [],
): Promise<unknown> {
  const command = (client as unknown as Record<string, ScriptCommand | undefined>)[name];
  if (!command) throw new TypeError(`no script ${name}`);
  return command.call(client, keys.length, ...keys, ...args).catch((error: unknown) => {
    tellMissingRight(client, name === 'tokenwardCopy' ? COPIES : FEED, error);
    throw error;
  });
}

/** A connection of Tokenward's own, with the host's settings (address, credentials, key prefix, TLS). */
export class OwnClient {
  readonly client: HostClient;
  /** Changes whenever a connection was lost or the nodes of the cluster changed. */
  connection = 0;
  #everReady = false;
  #firstReady: Promise<void> | undefined;
  #leaving = false;

  /** `scripts`: Lua scripts by the name of their command, for `runScript`. */
  constructor(host: HostClient, scripts: Readonly<Record<string, string>> = {}) {
    this.client = isCluster(host)
      ? host.duplicate([], {
          // ioredis 5 would put these in the place of the host's, its credentials and TLS included
          redisOptions: { ...host.options.redisOptions, ...CONNECTION },
          enableOfflineQueue: false,
          enableAutoPipelining: false,
          clusterRetryStrategy: retryStrategy,
          lazyConnect: true,
          scaleReads: 'master',
        })
      : host.duplicate({
          ...CONNECTION,
          enableOfflineQueue: false,
          retryStrategy,
          sentinelRetryStrategy: retryStrategy,
          role: 'master',
        });
    for (const [name, lua] of Object.entries(scripts)) this.client.defineCommand(name, { lua });
    const changed = (): void => {
      this.connection++;
      this.#leaving = false;
      if (isCluster(host) || isCluster(this.client)) return;
      // credentials that expire (IAM, Entra ID) are replaced in the options of the host's client
      const { username, password } = host.options;
      Object.assign(this.client.options, { username, password });
    };
    this.client.on('close', changed);
    if (isCluster(this.client)) this.client.on('+node', changed).on('-node', changed);
    else leaveIfSilent(this.client);
    // Every failure also reaches its caller; the event alone must not end the process.
    this.client.on('error', () => undefined);
  }

  /**
   * Connects at the first use, which waits (the caller has a deadline). After that, commands fail
   * at once while there is no connection.
   */
  async ready(): Promise<HostClient> {
    // after a failure the client itself tries again
    if (this.client.status === 'wait') this.client.connect().catch(() => undefined);
    if (!this.#everReady && this.client.status !== 'ready') {
      // one listener for all who wait: there are many if Redis is away from the start
      await (this.#firstReady ??= new Promise<void>((resolve) =>
        this.client.once('ready', () => resolve()),
      ));
    }
    this.#everReady = true;
    return this.client;
  }

  /**
   * Reads, and throws unless the server said afterwards, on the same connection, that it is a primary. The lag of a
   * replica is unknown, and a server that does not say may be a replica. `work` must send its command before it
   * returns. A `sure` answer is valid whatever server it came from.
   */
  async readPrimary<T>(
    work: (client: HostClient) => Promise<T>,
    sure: (result: T) => boolean = () => false,
  ): Promise<T> {
    const client = await this.ready();
    const { connection } = this;
    const answer = work(client).catch((error: unknown) => {
      tellMissingRight(client, FEED, error);
      throw error;
    });
    const [result, role] = await Promise.all([answer, roleOf(client)]);
    if (sure(result)) return result;
    if (role !== 'primary') throw AuthError.unavailable(NOT_A_PRIMARY[role]);
    if (this.connection !== connection)
      throw AuthError.unavailable('redis: the connection changed');
    return result;
  }

  /** A one-line warning for the operator about the server's role. */
  async roleWarning(): Promise<string | undefined> {
    const role = await roleOf(await this.ready());
    return role === 'primary' ? undefined : NOT_A_PRIMARY[role];
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
