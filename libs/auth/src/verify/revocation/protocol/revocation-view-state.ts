export type ProvenBy = 'postgres' | 'redis';

export interface RevocationViewState {
  /** Milliseconds since the instant up to which the view is proven; Infinity before any proof. */
  readonly ageMs: number;
  /** The source of the newest proof. */
  readonly provenBy: ProvenBy | 'nobody';
  readonly entries: number;
  /** True if there are more entries than the view may hold. Then every request asks the stores. */
  readonly bounded: boolean;
  /** Whether every link of the feed since the last resync was seen. */
  readonly linked: boolean;
}
