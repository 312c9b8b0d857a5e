import type { SessionBody } from '@tokenward/client/account';
import { describeDevice } from '../format/device.js';
import { Icon } from '../ui/icon.js';
import { Ago, Moment } from '../ui/moment.js';
import { endNames } from './end-names.js';
import { Lifeline, LifelineScale } from './lifeline.js';

interface SessionsTableProps {
  readonly sessions: readonly SessionBody[];
  readonly now: number;
  readonly busy: boolean;
  readonly onEnd: (session: SessionBody) => void;
}

/** Roles are explicit, so that the cards on a phone are still a table for screen readers. */
export function SessionsTable({ sessions, now, busy, onEnd }: SessionsTableProps) {
  const newestUseFirst = [...sessions].sort(
    (a, b) => Number(b.current) - Number(a.current) || b.lastUsedAt.localeCompare(a.lastUsedAt),
  );
  const names = endNames(sessions);
  const oldestMs = Math.max(0, ...sessions.map(({ createdAt }) => now - Date.parse(createdAt)));
  return (
    <table role="table" className="sessions">
      <caption className="unseen">Your sessions, this device first</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">
            Device
          </th>
          <th role="columnheader" scope="col">
            <span className="unseen">In time</span>
            <LifelineScale oldestMs={oldestMs} />
          </th>
          <th role="columnheader" scope="col">
            <span className="unseen">End it</span>
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {newestUseFirst.map((session) => (
          <Row
            key={session.id}
            {...{ session, now, oldestMs, busy, onEnd }}
            endName={names.get(session.id)}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps extends Pick<SessionsTableProps, 'now' | 'busy' | 'onEnd'> {
  readonly session: SessionBody;
  readonly oldestMs: number;
  readonly endName: string | undefined;
}

function Row({ session, now, oldestMs, busy, onEnd, endName }: RowProps) {
  const device = describeDevice(session.userAgent);
  return (
    <tr role="row" className={session.current ? 'current' : undefined}>
      <th role="rowheader" scope="row" className="device">
        <Icon name={device.kind} />
        <span>
          <span className="name" title={session.userAgent ?? undefined}>
            {device.name}
          </span>
          <span className="address">{session.ip ?? 'unknown address'}</span>
          <span className="badges">
            {session.current && <span className="badge accent">This device</span>}
            {session.persistent && <span className="badge">Remembered</span>}
            {session.actor && <span className="badge accent">An admin acts as you</span>}
            {session.bound && <span className="badge">Bound to its device</span>}
          </span>
        </span>
      </th>
      <td role="cell" className="in-time">
        <Lifeline session={session} now={now} oldestMs={oldestMs} />
        <span className="words">
          <span className="last-used">
            Last used <Ago at={session.lastUsedAt} now={now} />
          </span>
          <span>
            Signed in <Ago at={session.createdAt} now={now} />, ends{' '}
            <Moment at={session.expiresAt} now={now} />
          </span>
        </span>
      </td>
      <td role="cell" className="end">
        {!session.current && (
          <button
            aria-disabled={busy}
            aria-label={endName}
            onClick={() => {
              onEnd(session);
            }}
          >
            End
          </button>
        )}
      </td>
    </tr>
  );
}
