import { exactTime, relativeTime } from '../format/time.js';

/** A time in words, the exact one on hover. */
export function Moment({ at, now }: { readonly at: string; readonly now: number }) {
  return (
    <time dateTime={at} title={exactTime(at)}>
      {relativeTime(at, now)}
    </time>
  );
}
