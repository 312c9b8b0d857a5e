import { exactTime, relativeTime } from '../format/time.js';

interface MomentProps {
  /** ISO 8601 */
  readonly at: string;
  /** Updated from time to time, so it may be slightly late. */
  readonly now: number;
}

/** A past time, even if `now` is late. */
export function Ago({ at, now }: MomentProps) {
  return <Moment at={at} now={Math.max(now, Date.parse(at))} />;
}

/** A time in words, with the exact time on hover. */
export function Moment({ at, now }: MomentProps) {
  return (
    <time dateTime={at} title={exactTime(at)}>
      {relativeTime(at, now)}
    </time>
  );
}
