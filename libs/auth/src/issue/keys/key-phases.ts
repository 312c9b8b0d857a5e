import type { SigningKey } from '../../verify/keys/key-set.js';
import type { KnownKey } from '../../verify/keys/source-keys.js';

/**
 * `next`: published, does not sign yet. `active`: signs. `retired`: verifies until the last token
 * that it signed has expired. `verifying`: never signs here, and verifies as long as its source
 * contains it. `revoked`: refused everywhere. A key in none of these phases is gone.
 */
export type KeyPhase = 'next' | 'active' | 'retired' | 'verifying' | 'revoked';

export interface PhasedKey {
  readonly key: KnownKey;
  readonly phase: KeyPhase;
  /** Milliseconds since the epoch: when it began to sign, or will begin. */
  readonly signsFromMs?: number;
  /** For a retired key, or one that left its source: until when it verifies. */
  readonly verifiesUntilMs?: number;
}

export interface PhaseRules {
  readonly leadTimeMs: number;
  /** How long a key may still be needed after its last signature. */
  readonly retainMs: number;
  /** When a key that was added later was first seen. */
  readonly firstSeen: ReadonlyMap<string, number>;
  readonly isRevoked: (kid: string) => boolean;
}

export interface Phases {
  readonly keys: readonly PhasedKey[];
  readonly signing?: SigningKey;
  /** When the next change happens that depends only on the clock. Undefined: never. */
  readonly nextChangeMs?: number;
}

interface Turn {
  readonly key: KnownKey;
  readonly fromMs: number;
}

/**
 * What each key may do at `nowMs`. It depends only on the keys' times and the clock, so that
 * processes agree without communicating.
 */
export function phasesAt(keys: readonly KnownKey[], nowMs: number, rules: PhaseRules): Phases {
  const revoked = (key: KnownKey): boolean => rules.isRevoked(key.kid);
  const turns = turnsOf(
    keys.filter((key) => !revoked(key)),
    rules,
  );
  const active = activeTurn(turns, nowMs);
  const phased: PhasedKey[] = [];
  const changes: number[] = [];
  for (const [index, { key, fromMs }] of turns.entries()) {
    if (index >= active) {
      phased.push({ key, phase: index === active ? 'active' : 'next', signsFromMs: fromMs });
      if (fromMs > nowMs) changes.push(fromMs);
      continue;
    }
    const verifiesUntilMs = (turns[index + 1]?.fromMs ?? nowMs) + rules.retainMs;
    if (verifiesUntilMs <= nowMs) continue;
    changes.push(verifiesUntilMs);
    phased.push({ key, phase: 'retired', signsFromMs: fromMs, verifiesUntilMs });
  }
  for (const key of keys) {
    if (revoked(key)) phased.push({ key, phase: 'revoked', signsFromMs: key.signsFromMs });
    else if (key.signsFromMs === undefined) {
      if (key.verifiesUntilMs !== undefined && key.verifiesUntilMs <= nowMs) continue;
      if (key.verifiesUntilMs !== undefined) changes.push(key.verifiesUntilMs);
      phased.push({ key, phase: 'verifying', verifiesUntilMs: key.verifiesUntilMs });
    }
  }
  return {
    keys: phased,
    signing: turns[active]?.key.signing,
    nextChangeMs: changes.length > 0 ? Math.min(...changes) : undefined,
  };
}

/**
 * The keys in the order in which they sign. A key that replaces another waits until every JWKS
 * cache can have it.
 */
function turnsOf(keys: readonly KnownKey[], { leadTimeMs, firstSeen }: PhaseRules): Turn[] {
  const seenAt = (key: KnownKey): number => firstSeen.get(key.kid) ?? -Infinity;
  const given = keys
    .flatMap((key) => (key.signsFromMs === undefined ? [] : [{ key, fromMs: key.signsFromMs }]))
    // a key that left its source comes before its replacement; among keys without a start time
    // (PEM), the one that was known earlier comes first
    .sort(
      (a, b) =>
        rank(a.key) - rank(b.key) ||
        a.fromMs - b.fromMs ||
        seenAt(a.key) - seenAt(b.key) ||
        byTime(a, b),
    );
  return given
    .map(({ key, fromMs }, index) => {
      if (index === 0) return { key, fromMs };
      const madeMs = key.createdAtMs ?? -Infinity;
      const seenMs = seenAt(key);
      return { key, fromMs: Math.max(fromMs, madeMs + leadTimeMs, seenMs + leadTimeMs) };
    })
    .sort(byTime);
}

function rank({ vanished }: KnownKey): number {
  return vanished ? 0 : 1;
}

function byTime(a: Turn, b: Turn): number {
  return a.fromMs - b.fromMs || (a.key.kid < b.key.kid ? -1 : 1);
}

/**
 * The last key whose start time has passed. If there is none (the previous key was revoked), the
 * next key signs early, because otherwise none would sign.
 */
function activeTurn(turns: readonly Turn[], nowMs: number): number {
  const come = turns.findLastIndex(
    ({ key, fromMs }) => key.signing !== undefined && fromMs <= nowMs,
  );
  return come >= 0 ? come : turns.findIndex(({ key }) => key.signing !== undefined);
}
