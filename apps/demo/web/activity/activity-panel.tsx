import { useEffect } from 'react';
import type { Session } from '@tokenward/client';
import { client } from '../api/client.js';
import type { FeedEvent } from '../api/models.js';
import { useNow } from '../format/use-now.js';
import { keyOf } from '../live/feed.js';
import { useFeed } from '../live/use-feed.js';
import { useAnnounce } from '../ui/announce.js';
import { Ago } from '../ui/moment.js';
import { useAction } from '../ui/use-action.js';
import { narrate } from './narrate.js';
import { TokenClock } from './token-clock.js';

const STATUS = {
  connecting: 'Connecting',
  live: 'Live',
  away: 'Reconnecting',
} as const;

interface ActivityPanelProps {
  readonly session: Session;
  readonly onStageTheft: () => void;
}

/** Rotation, reuse and revocation as they occur. */
export function ActivityPanel({ session, onStageTheft }: ActivityPanelProps) {
  const { status, events, news } = useFeed();
  const announce = useAnnounce();
  const { busy, run } = useAction();
  const now = useNow(10_000);
  const { sessionId } = session;
  useEffect(() => {
    if (news && news.severity !== 'info') announce(narrate(news, sessionId).title);
  }, [news, sessionId, announce]);
  const rotate = async (): Promise<void> => {
    const outcome = await client.refresh();
    if (outcome === 'unavailable') announce('The server cannot answer right now.');
    if (outcome === 'bound')
      announce('This session is bound to the device: the browser renews it by itself.');
  };
  return (
    <aside className="activity" aria-labelledby="activity-title">
      <div className="activity-head">
        <h2 id="activity-title">What just happened</h2>
        <span className={`live ${status}`}>{STATUS[status]}</span>
      </div>
      <TokenClock expiresAt={session.expiresAt} />
      <div className="actions">
        <button aria-disabled={busy} onClick={() => void run(rotate)}>
          Rotate now
        </button>
        <button onClick={onStageTheft}>Stage a theft</button>
      </div>
      <ol aria-label="Events of your account, newest first" tabIndex={0}>
        {events.map((event) => (
          <Entry key={keyOf(event)} event={event} sessionId={sessionId} now={now} />
        ))}
        {events.length === 0 && <li className="empty">Nothing yet.</li>}
      </ol>
    </aside>
  );
}

interface EntryProps {
  readonly event: FeedEvent;
  readonly sessionId: string;
  readonly now: number;
}

function Entry({ event, sessionId, now }: EntryProps) {
  const { title, detail, where, tone } = narrate(event, sessionId);
  return (
    <li className={tone} data-type={event.type}>
      <p className="title">{title}</p>
      {detail && <p className="detail">{detail}</p>}
      <p className="where">
        <Ago at={event.at} now={now} />
        {where && ` · ${where}`}
      </p>
    </li>
  );
}
