import { DEFAULT_INSTANCE } from '../../common/instance-token.js';
import type { Requirement } from './route-metadata.js';

/**
 * The requirements that a guard class checks. The symbol is shared, because a host may load the package both as ES
 * modules and as CommonJS.
 */
export const HOLDS: unique symbol = Symbol.for('tokenward.holds');

/** `everything`: every requirement of the routes of its instance. */
export type Holding = 'everything' | Requirement['key'];

export interface HoldingGuard {
  readonly [HOLDS]?: Holding;
  readonly instance?: string;
}

interface Held {
  readonly holds: Holding;
  readonly instance: string;
}

const counted = new WeakMap<object, Map<object, Held>>();

/** Registers a guard class of another package that calls ours in the application of that container. */
export function countAsOurs(container: object, guardClass: object, instance: string): void {
  const there = counted.get(container) ?? new Map<object, Held>();
  counted.set(container, there.set(guardClass, { holds: 'everything', instance }));
}

/** For a guard as Nest keeps it, a class or an instance. A class of the host that extends ours counts as well. */
export function holdingOf(guard: object, container: object): Held | undefined {
  const guardClass = typeof guard === 'function' ? guard : guard.constructor;
  const { [HOLDS]: holds, instance = DEFAULT_INSTANCE } = guardClass as HoldingGuard;
  if (holds !== undefined) return { holds, instance: (guard as HoldingGuard).instance ?? instance };
  for (const [ours, held] of counted.get(container) ?? [])
    if (guardClass === ours || Object.prototype.isPrototypeOf.call(ours, guardClass)) return held;
  return undefined;
}
