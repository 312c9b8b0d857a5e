import type { CSSProperties } from 'react';
import type { SessionBody } from '@tokenward/client/account';
import { marksWithin, placeOf } from './time-scale.js';

const at = (percent: number): CSSProperties => ({ left: `${String(percent)}%` });

interface LifelineProps {
  readonly session: SessionBody;
  readonly now: number;
  readonly oldestMs: number;
}

/** From the sign-in to the last use; the text beside it says the same. */
export function Lifeline({ session, now, oldestMs }: LifelineProps) {
  const from = placeOf(now - Date.parse(session.createdAt), oldestMs);
  const to = Math.max(from, placeOf(now - Date.parse(session.lastUsedAt), oldestMs));
  return (
    <span className="lifeline" aria-hidden="true">
      {marksWithin(oldestMs).map(({ label, percent }) => (
        <span key={label} className="grid" style={at(percent)} />
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
      {marksWithin(oldestMs).map(({ label, percent }) => (
        <span key={label} style={at(percent)}>
          {label}
        </span>
      ))}
      <span style={at(100)}>now</span>
    </span>
  );
}
