const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];
/** Up to here in days: a remembered session ends in 90 of them. */
const MONTHS_FROM = 4;
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' });

/** `just now`, `3 minutes ago`, `in 90 days`. */
export function relativeTime(iso: string, nowMs: number): string {
  const seconds = Math.round((Date.parse(iso) - nowMs) / 1000);
  const ago = Math.abs(seconds);
  const [unit, length] =
    UNITS.find(([name, each]) => ago >= (name === 'month' ? MONTHS_FROM * each : each)) ?? [];
  if (!unit || !length) return seconds > 0 ? 'in less than a minute' : 'just now';
  const count = seconds / length;
  // a future time is rounded; a past time counts only complete units
  return relative.format(count > 0 ? Math.round(count) : Math.trunc(count), unit);
}

export function exactTime(iso: string): string {
  return exact.format(new Date(iso));
}

/** `14:05` minutes and seconds; hours go into the minutes. */
export function countdown(leftMs: number): string {
  const seconds = Math.max(0, Math.floor(leftMs / 1000));
  return `${String(Math.floor(seconds / 60))}:${String(seconds % 60).padStart(2, '0')}`;
}
