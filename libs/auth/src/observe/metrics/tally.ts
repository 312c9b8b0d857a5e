export type Attributes = Readonly<Record<string, string>>;

export interface Sample {
  readonly value: number;
  readonly attributes: Attributes;
}

/** Counts for each set of attributes. */
export class Tally {
  private readonly counts = new Map<string, { value: number; readonly attributes: Attributes }>();

  add(attributes: Attributes, by = 1): void {
    const key = Object.values(attributes).join('\n');
    const count = this.counts.get(key);
    if (count) count.value += by;
    else this.counts.set(key, { value: by, attributes });
  }

  samples(): readonly Sample[] {
    return [...this.counts.values()];
  }
}
