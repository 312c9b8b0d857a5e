import { Injectable, Logger } from '@nestjs/common';
import { ResolvedObserveOptions } from '../options/observe-options.js';
import { AuthEventPublisher } from './auth-event-publisher.service.js';
import { EventFloods } from './event-floods.js';
import type { AuthEvent } from '../storage/auth-event.js';

const WORTH = {
  none: [],
  high: ['high'],
  warning: ['high', 'warning'],
  all: ['high', 'warning', 'info'],
} as const;

/** For each kind, and account or address. */
const LINES_A_MINUTE = 10;

/**
 * Events as structured log lines: one object each, which pino and Nest's own logger in JSON mode write as one line.
 * Events that anybody can cause at will get ten lines a minute; the next line says in `unlogged` how many of its type
 * were left out.
 */
@Injectable()
export class EventLog {
  private readonly logger = new Logger('Tokenward');
  private readonly floods = new EventFloods(LINES_A_MINUTE);

  constructor({ logEvents }: ResolvedObserveOptions, events: AuthEventPublisher) {
    const worth: readonly string[] = WORTH[logEvents];
    if (worth.length > 0)
      events.subscribe((event) => {
        if (worth.includes(event.severity)) this.thinned(event);
      });
  }

  private thinned(event: AuthEvent): void {
    const held = this.floods.pass(event);
    if (held !== 'held') this.write(event, held);
  }

  private write({ type, severity, ...facts }: AuthEvent, held: number): void {
    const more = held > 0 ? { unlogged: held } : {};
    const line = { msg: `tokenward.${type}`, event: type, severity, ...facts, ...more };
    if (severity === 'info') this.logger.log(line);
    else this.logger.warn(line);
  }
}
