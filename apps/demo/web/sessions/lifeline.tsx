import type { CSSProperties } from 'react';
import type { SessionRow } from '../api/models.js';

const MINUTE_MS = 60_000;
const MARKS = [
  { label: '1 h', ms: 60 * MINUTE_MS },
  { label: '1 day', ms: 1_440 * MINUTE_MS },
  { label: '1 week', ms: 10_080 * MINUTE_MS },
  { label: '1 month', ms: 43_200 * MINUTE_MS },
] as const;

/** Where an age lies between the oldest sign-in (0 %) and now (100 %); logarithmic, so that minutes and months both show. */
export function place(ageMs: number, oldestMs: number): number {
  const scale = (ms: number): number => Math.log1p(Math.max(0, ms) / MINUTE_MS);
  const span = scale(Math.max(oldestMs, 10 * MINUTE_MS));
  return Math.round((1 - Math.min(1, scale(ageMs) / span)) * 1000) / 10;
}

const at = (percent: number): CSSProperties => ({ left: `${String(percent)}%` });

interface LifelineProps {
  readonly session: SessionRow;
  readonly now: number;
  readonly oldestMs: number;
}

/** From the sign-in to the last use; the text beside it says the same. */
export function Lifeline({ session, now, oldestMs }: LifelineProps) {
  const from = place(now - Date.parse(session.createdAt), oldestMs);
  const to = Math.max(from, place(now - Date.parse(session.lastUsedAt), oldestMs));
  return (
    <span className="lifeline" aria-hidden="true">
      {marksWithin(oldestMs).map(({ label, ms }) => (
        <span key={label} className="grid" style={at(place(ms, oldestMs))} />
      ))}
      <span className="rest" style={at(to)} />
      <span className="used" style={{ ...at(from), width: `${String(to - from)}%` }} />
      <span className="start" style={at(from)} />
      <span className="last" style={at(to)} />
    </span>
  );
}

/** The scale above the lines. */
export function LifelineScale({ oldestMs }: { readonly oldestMs: number }) {
  return (
    <span className="lifeline-scale" aria-hidden="true">
      {marksWithin(oldestMs).map(({ label, ms }) => (
        <span key={label} style={at(place(ms, oldestMs))}>
          {label}
        </span>
      ))}
      <span style={at(100)}>now</span>
    </span>
  );
}

/** No two labels on top of each other. */
function marksWithin(oldestMs: number) {
  return MARKS.filter(({ ms }) => place(ms, oldestMs) > 3 && place(ms, oldestMs) < 88);
}
