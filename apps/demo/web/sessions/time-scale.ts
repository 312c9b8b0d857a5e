const MINUTE_MS = 60_000;
const MARKS = [
  { label: '1 h', ms: 60 * MINUTE_MS },
  { label: '1 day', ms: 1_440 * MINUTE_MS },
  { label: '1 week', ms: 10_080 * MINUTE_MS },
  { label: '1 month', ms: 43_200 * MINUTE_MS },
] as const;
/** Outside this range a label would overlap the labels at the ends. */
const CROWDED_PERCENT = { start: 4, end: 88 };

/**
 * The position of an age between the oldest sign-in (0) and now (100), in percent; logarithmic, so that minutes and
 * months are both visible.
 */
export function placeOf(ageMs: number, oldestMs: number): number {
  const scale = (ms: number): number => Math.log1p(Math.max(0, ms) / MINUTE_MS);
  const span = scale(Math.max(oldestMs, 10 * MINUTE_MS));
  return Math.round((1 - Math.min(1, scale(ageMs) / span)) * 1000) / 10;
}

/** The labels that fit, with their positions. */
export function marksWithin(
  oldestMs: number,
): { readonly label: string; readonly percent: number }[] {
  return MARKS.map(({ label, ms }) => ({
    label,
    percent: ms < oldestMs ? placeOf(ms, oldestMs) : 0,
  })).filter(({ percent }) => percent > CROWDED_PERCENT.start && percent < CROWDED_PERCENT.end);
}
