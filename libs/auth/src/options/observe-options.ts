import type { z } from 'zod';
import type { Duration } from '../common/duration.js';
import { duration, group, oneOf, whole } from '../common/option-schema.js';

/** Logs, alerts and the audit trail. */
export interface ObserveOptions {
  /** Events of this severity and above become log lines, one object each. Default `high`. */
  readonly logEvents?: 'none' | 'high' | 'warning' | 'all';
  /** How long records of the audit trail are kept, with the IP addresses and user agents in them. Default `90d`. */
  readonly keepAuditFor?: Duration;
  /**
   * How many refused sign-ins, passwords and refreshes, of one account or from one address, cause an alert. Default 20.
   */
  readonly burstOf?: number;
  /** The time within which `burstOf` is counted. Default `5m`. */
  readonly burstWithin?: Duration;
}

/** `ObserveOptions` with every default filled in. DI token and type in one. */
export abstract class ResolvedObserveOptions {
  abstract readonly logEvents: NonNullable<ObserveOptions['logEvents']>;
  abstract readonly keepAuditForMs: number;
  abstract readonly burstOf: number;
  abstract readonly burstWithinMs: number;
}

export const observeSchema = group({
  logEvents: oneOf(['none', 'high', 'warning', 'all']).prefault('high'),
  keepAuditFor: duration('1s', '36500d').prefault('90d'),
  burstOf: whole(2, 1_000_000).prefault(20),
  burstWithin: duration('1s', '1d').prefault('5m'),
});

export function resolveObserve(given: z.output<typeof observeSchema>): ResolvedObserveOptions {
  const { keepAuditFor, burstWithin, ...others } = given;
  return { ...others, keepAuditForMs: keepAuditFor, burstWithinMs: burstWithin };
}
