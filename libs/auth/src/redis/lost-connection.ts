import { Logger } from '@nestjs/common';
import type { Clock } from '../common/clock.js';
import type { HostClient } from './own-client.js';

/** A restart or a fail-over is not worth a line. */
const TELL_AFTER_MS = 5_000;
/** A driver's message may contain the command's arguments, for AUTH the password. */
const SAFE_TO_TELL = /^(?:[A-Z]{3,}\b|All sentinels are unreachable)/;

type ConnectionError = Error & {
  readonly code?: string;
  /** Of a Cluster, which has no reason of its own. */
  readonly lastNodeError?: Error;
};

/**
 * Says once for each outage why Tokenward's own connection does not come about. The host's client may be well, and
 * without the line nobody would notice: PostgreSQL carries the revocations alone.
 */
export function tellLostConnection(client: HostClient, clock: Clock): void {
  const logger = new Logger('Tokenward');
  let since: number | undefined;
  let told = false;
  client.on('error', (error: ConnectionError) => {
    since ??= clock.monotonic();
    if (told || clock.monotonic() - since < TELL_AFTER_MS) return;
    told = true;
    logger.warn(`Redis carries no revocations, it cannot be reached: ${reasonOf(error)}`);
  });
  client.on('ready', () => {
    if (told) logger.log('Redis carries the revocations again');
    since = undefined;
    told = false;
  });
}

function reasonOf({ code, lastNodeError, message, name }: ConnectionError): string {
  if (lastNodeError) return reasonOf(lastNodeError);
  return code ?? SAFE_TO_TELL.exec(message)?.[0] ?? name;
}
