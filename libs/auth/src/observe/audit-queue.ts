import type { EventSeverity } from '../storage/auth-event.js';
import type { NewAuditRecord } from '../storage/audit-record.js';

type Kind = NewAuditRecord['type'];

const FIRST: readonly EventSeverity[] = ['high', 'warning', 'info'];

/**
 * Audit records that wait to be written: one for each `fold`, at most `ofAKind` of each type, and one for the rest of
 * that type.
 */
export class AuditQueue {
  readonly #kinds = new Map<Kind, Map<unknown, NewAuditRecord>>();
  readonly #rest = new Map<Kind, NewAuditRecord>();

  constructor(private readonly ofAKind: number) {}

  get size(): number {
    return this.#all().length;
  }

  /** `lumped`: only its type and the count of it are kept. */
  add(record: NewAuditRecord): 'kept' | 'lumped' {
    const { type, severity, at, fold, count = 1 } = record;
    const kind = this.#kinds.get(type) ?? new Map<unknown, NewAuditRecord>();
    this.#kinds.set(type, kind);
    const same = fold === undefined ? undefined : kind.get(fold);
    if (same) kind.set(fold, { ...same, count: (same.count ?? 1) + count });
    else if (kind.size < this.ofAKind) kind.set(fold ?? Symbol('one of its own'), record);
    else {
      const rest = this.#rest.get(type) ?? { type, severity, at, detail: { rest: true }, count: 0 };
      this.#rest.set(type, { ...rest, count: (rest.count ?? 0) + count });
      return 'lumped';
    }
    return 'kept';
  }

  /** Removes and returns the next records: the most severe first, those of one severity in their order. */
  take(most: number): readonly NewAuditRecord[] {
    const next = this.#all()
      .sort((a, b) => FIRST.indexOf(a.record.severity) - FIRST.indexOf(b.record.severity))
      .slice(0, most);
    for (const { record, key } of next) {
      if (key === undefined) this.#rest.delete(record.type);
      else this.#kinds.get(record.type)?.delete(key);
    }
    return next.map(({ record }) => record);
  }

  #all(): { readonly key: unknown; readonly record: NewAuditRecord }[] {
    const kept = [...this.#kinds.values()].flatMap((kind) =>
      [...kind].map(([key, record]) => ({ key, record })),
    );
    return [...kept, ...[...this.#rest.values()].map((record) => ({ key: undefined, record }))];
  }
}
