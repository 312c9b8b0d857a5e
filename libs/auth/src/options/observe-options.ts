import { AuthError } from '../common/auth-error.js';
import { type Duration, parseDuration } from '../common/duration.js';

/** What is told of what happens, and how long it is kept. */
export interface ObserveOptions {
  /** Events of this severity and above become log lines, one object each. Default `high`. */
  readonly logEvents?: 'none' | 'high' | 'warning' | 'all';
  /** Records of the audit trail are forgotten after it, with the addresses and user agents in them. Default `90d`. */
  readonly keepAuditFor?: Duration;
  /** Refused sign-ins, passwords and refreshes of one account, or from one address, that make an alert. Default 20. */
  readonly burstOf?: number;
  /** Within it. Default `5m`. */
  readonly burstWithin?: Duration;
}

/** `ObserveOptions` with every default filled in. DI token and type in one. */
export abstract class ResolvedObserveOptions {
  abstract readonly logEvents: NonNullable<ObserveOptions['logEvents']>;
  abstract readonly keepAuditForMs: number;
  abstract readonly burstOf: number;
  abstract readonly burstWithinMs: number;
}

const LEVELS = ['none', 'high', 'warning', 'all'] as const;

/** Throws `configuration_invalid` with one line that names the option and the cure. */
export function resolveObserve(given: ObserveOptions = {}): ResolvedObserveOptions {
  const logEvents = given.logEvents ?? 'high';
  if (!LEVELS.includes(logEvents))
    throw AuthError.configuration('observe.logEvents', `must be one of ${LEVELS.join(', ')}`);
  const burstOf = given.burstOf ?? 20;
  if (!Number.isSafeInteger(burstOf) || burstOf < 2)
    throw AuthError.configuration('observe.burstOf', 'must be a whole number from 2');
  return {
    logEvents,
    keepAuditForMs: duration('observe.keepAuditFor', given.keepAuditFor ?? '90d'),
    burstOf,
    burstWithinMs: duration('observe.burstWithin', given.burstWithin ?? '5m'),
  };
}

function duration(name: string, value: Duration): number {
  const parsed = parseDuration(value);
  if (!parsed) throw AuthError.configuration(name, 'is not a duration; write it as 90d, 15m or 900s');
  return parsed;
}
