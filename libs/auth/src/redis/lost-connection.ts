import { Logger } from '@nestjs/common';
import type { Clock } from '../common/clock.js';
import { missingRight } from './missing-rights.js';
import type { HostClient } from './own-client.js';

/** A restart or a fail-over is not worth a line. */
const TELL_AFTER_MS = 5_000;
/** A driver's message may contain the command's arguments, for AUTH the password. */
const SAFE_TO_TELL =
  /^(?:ERR unknown command ['`][\w|]+['`]|ERR Script attempted to execute a write command while the cluster is down|[A-Z]{3,}\b|All sentinels are unreachable)/;

type ConnectionError = Error & {
  readonly code?: string;
  /** The reason, where the error of a Cluster has none of its own. */
  readonly lastNodeError?: Error;
};

/** What the feed knows of its writes. */
export interface FeedWrites {
  refused(error: unknown): void;
  written(): void;
}

/**
 * Says once for each outage why the feed does not work: Tokenward's own connection does not come about, or the server
 * refuses to write (full, or a disk that is). The host's client may be well, and without the line nobody would notice:
 * PostgreSQL carries the revocations alone, and services that only verify answer 503.
 */
export function tellLostConnection(client: HostClient, clock: Clock): FeedWrites {
  const logger = new Logger('Tokenward');
  let since: number | undefined;
  let told = false;
  let isRefused = false;
  const fails = (what: string, reason: string): void => {
    since ??= clock.monotonic();
    if (told || clock.monotonic() - since < TELL_AFTER_MS) return;
    told = true;
    logger.warn(`${what} ${reason}`);
  };
  const works = (): void => {
    if (told) logger.log('Redis carries the revocations again');
    since = undefined;
    told = false;
    isRefused = false;
  };
  client.on('error', (error: ConnectionError) =>
    fails('Redis carries no revocations, it cannot be reached:', reasonOf(error)),
  );
  client.on('ready', () => {
    if (!isRefused) works();
  });
  return {
    refused(error) {
      // `tellMissingRight` says which right
      if (!(error instanceof Error) || error.name !== 'ReplyError' || missingRight(error)) return;
      isRefused = true;
      fails('Redis carries no revocations, it refuses to write them:', refusalOf(error));
    },
    written: works,
  };
}

/** Before Redis 7, the reason is at the end of what a script says. */
function refusalOf({ message }: Error): string {
  return /: -([A-Z]{3,})\b/.exec(message)?.[1] ?? SAFE_TO_TELL.exec(message)?.[0] ?? 'ReplyError';
}

function reasonOf({ code, lastNodeError, message, name }: ConnectionError): string {
  if (lastNodeError) return reasonOf(lastNodeError);
  return code ?? SAFE_TO_TELL.exec(message)?.[0] ?? name;
}
