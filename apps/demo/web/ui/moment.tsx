import { exactTime, relativeTime } from '../format/time.js';

interface MomentProps {
  /** ISO 8601 */
  readonly at: string;
  /** Looked at now and then, so it may be a little behind. */
  readonly now: number;
}

/** A time that is over, however far behind `now` is. */
export function Ago({ at, now }: MomentProps) {
  return <Moment at={at} now={Math.max(now, Date.parse(at))} />;
}

/** A time in words, the exact one on hover. */
export function Moment({ at, now }: MomentProps) {
  return (
    <time dateTime={at} title={exactTime(at)}>
      {relativeTime(at, now)}
    </time>
  );
}
