import { call } from '../api/call.js';
import { client } from '../api/client.js';
import type { SessionRow } from '../api/models.js';
import { useResource } from '../api/use-resource.js';
import { describeDevice } from '../format/device.js';
import { useNow } from '../format/use-now.js';
import { useAnnounce } from '../ui/announce.js';
import { Failure } from '../ui/failure.js';
import { useAction } from '../ui/use-action.js';
import { SessionsTable } from './sessions-table.js';

/** `version`: changes when the list may have. */
export function SessionsPage({ version }: { readonly version: unknown }) {
  const { data: sessions, failure, reload } = useResource<SessionRow[]>('/auth/sessions', version);
  const announce = useAnnounce();
  const action = useAction();
  const now = useNow(10_000);
  const others = sessions?.filter(({ current }) => !current).length ?? 0;

  const end = (session: SessionRow): void => {
    void action.run(async () => {
      await call('DELETE', `/auth/sessions/${session.id}`);
      announce(`${describeDevice(session.userAgent).name} is signed out. Its next request is refused.`);
      reload();
    });
  };
  const endOthers = (): void => {
    void action.run(async () => {
      await call('DELETE', '/auth/sessions');
      announce('Only this device is signed in now.');
      reload();
    });
  };
  const endAll = (): void => {
    void action.run(async () => {
      await call('POST', '/auth/logout-all');
      await client.session();
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
          <button onClick={endOthers} disabled={others === 0 || action.busy}>
            End the others
          </button>
          <button className="danger" onClick={endAll} disabled={action.busy}>
            Sign out everywhere
          </button>
        </div>
      </div>
      <Failure text={action.failure ?? failure} />
      {sessions && <SessionsTable sessions={sessions} now={now} busy={action.busy} onEnd={end} />}
    </section>
  );
}
