import {
  endOtherSessions,
  endSession,
  logoutEverywhere,
  type SessionBody,
} from '@tokenward/client/account';
import { caller } from '../api/client.js';
import { useResource } from '../api/use-resource.js';
import { describeDevice } from '../format/device.js';
import { useNow } from '../format/use-now.js';
import type { SignedOutBecause } from '../sign-in/notices.js';
import { useAnnounce } from '../ui/announce.js';
import { Failure } from '../ui/failure.js';
import { focusHeading } from '../ui/focus.js';
import { useAction } from '../ui/use-action.js';
import { Waiting } from '../ui/waiting.js';
import { CopiedCookies } from './copied-cookies.js';
import { SessionsTable } from './sessions-table.js';

interface SessionsPageProps {
  /** Changes when the list may have changed. */
  readonly version: unknown;
  readonly onLeaving: (because: SignedOutBecause) => void;
}

export function SessionsPage({ version, onLeaving }: SessionsPageProps) {
  const { data: sessions, failure, reload } = useResource<SessionBody[]>('/auth/sessions', version);
  const announce = useAnnounce();
  const action = useAction();
  const now = useNow(10_000);
  const others = sessions?.filter(({ current }) => !current).length ?? 0;

  const end = (session: SessionBody): void => {
    void action.run(async () => {
      await endSession(caller, session.id);
      announce(
        `${describeDevice(session.userAgent).name} is signed out. Its next request is refused.`,
      );
      reload();
      focusHeading();
    });
  };
  const endOthers = (): void => {
    if (others === 0) return;
    void action.run(async () => {
      await endOtherSessions(caller);
      announce('Only this device is signed in now.');
      reload();
    });
  };
  const endAll = (): void => {
    void action.run(async () => {
      onLeaving('everywhere');
      try {
        await logoutEverywhere(caller);
      } catch (error) {
        onLeaving(undefined);
        throw error;
      }
    });
  };

  return (
    <section>
      <div className="heading">
        <div>
          <h1 tabIndex={-1}>Sessions</h1>
          <p className="lead">
            Where your account is signed in. What you end here is refused at its next request.
          </p>
        </div>
        <div className="actions">
          <button onClick={endOthers} aria-disabled={others === 0 || action.busy}>
            End the others
          </button>
          <button className="danger" onClick={endAll} aria-disabled={action.busy}>
            Sign out everywhere
          </button>
        </div>
      </div>
      <Failure text={action.failure ?? failure} />
      {!sessions && !failure && <Waiting />}
      {sessions && <SessionsTable sessions={sessions} now={now} busy={action.busy} onEnd={end} />}
      {sessions?.some(({ current, bound }) => current && bound === 'dbsc') && <CopiedCookies />}
    </section>
  );
}
