import { Injectable, Logger } from '@nestjs/common';
import { ResolvedObserveOptions } from '../options/observe-options.js';
import { AuthEventPublisher } from './auth-event-publisher.service.js';
import type { AuthEvent } from '../storage/auth-event.js';

const WORTH = {
  none: [],
  high: ['high'],
  warning: ['high', 'warning'],
  all: ['high', 'warning', 'info'],
} as const;

/** Events as structured log lines: one object each, which pino and Nest's own logger in JSON mode write as one line. */
@Injectable()
export class EventLog {
  private readonly logger = new Logger('Tokenward');

  constructor({ logEvents }: ResolvedObserveOptions, events: AuthEventPublisher) {
    const worth: readonly string[] = WORTH[logEvents];
    if (worth.length > 0)
      events.subscribe((event) => {
        if (worth.includes(event.severity)) this.write(event);
      });
  }

  private write({ type, severity, ...facts }: AuthEvent): void {
    const line = { msg: `tokenward.${type}`, event: type, severity, ...facts };
    if (severity === 'info') this.logger.log(line);
    else this.logger.warn(line);
  }
}
