import type { SigningKey } from '../../verify/keys/key-set.js';
import type { KnownKey } from '../../verify/keys/source-keys.js';

/**
 * `next`: published, does not sign yet. `active`: signs. `retired`: verifies until the last token it signed has expired. `verifying`: never
 * signs here, verifies as long as its source gives it. `revoked`: refused everywhere. A key in none of these phases is gone.
 */
export type KeyPhase = 'next' | 'active' | 'retired' | 'verifying' | 'revoked';

export interface PhasedKey {
  readonly key: KnownKey;
  readonly phase: KeyPhase;
  /** Milliseconds since the epoch; when it began, or will begin, to sign. */
  readonly signsFromMs?: number;
  /** Of a retired key, or one that left its source: when it is gone. */
  readonly verifiesUntilMs?: number;
}

export interface PhaseRules {
  readonly leadTimeMs: number;
  /** How long after its last signature a key may still be needed. */
  readonly retainMs: number;
  /** When a key was first seen that came after the others. */
  readonly firstSeen: ReadonlyMap<string, number>;
  readonly isRevoked: (kid: string) => boolean;
}

export interface Phases {
  readonly keys: readonly PhasedKey[];
  readonly signing?: SigningKey;
  /** When the clock alone changes something next; undefined: never. */
  readonly nextChangeMs?: number;
}

interface Turn {
  readonly key: KnownKey;
  readonly fromMs: number;
}

/** What each key may do at `nowMs`: a function of the keys' times and the clock, so that processes agree without talking. */
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

/** In the order in which they sign. Whoever replaces another key waits until every JWKS cache can have it. */
function turnsOf(keys: readonly KnownKey[], { leadTimeMs, firstSeen }: PhaseRules): Turn[] {
  const seenAt = (key: KnownKey): number => firstSeen.get(key.kid) ?? -Infinity;
  const given = keys
    .flatMap((key) => (key.signsFromMs === undefined ? [] : [{ key, fromMs: key.signsFromMs }]))
    // what left its source comes before what took its place; of keys that do not say from when (PEM), the one that was here before
    .sort(
      (a, b) =>
        rank(a.key) - rank(b.key) || a.fromMs - b.fromMs || seenAt(a.key) - seenAt(b.key) || byTime(a, b),
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

/** The last whose time has come; when none has (the one before was revoked), the next one signs early rather than nobody. */
function activeTurn(turns: readonly Turn[], nowMs: number): number {
  const come = turns.findLastIndex(({ key, fromMs }) => key.signing !== undefined && fromMs <= nowMs);
  return come >= 0 ? come : turns.findIndex(({ key }) => key.signing !== undefined);
}
