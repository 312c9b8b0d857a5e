export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  kill(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM' | 'SIGKILL'): Promise<void>;
  stop(): Promise<void>;
}
export interface RedisServerOptions {
  readonly binary: string;
  /** Working directory: dumps and append-only files go there. */
  readonly dir: string;
  /** Default: a free one. */
  readonly port?: number;
  readonly args?: readonly string[];
}
export function startRedis(options: RedisServerOptions): Promise<RedisServer>;
export function freePort(): Promise<number>;
