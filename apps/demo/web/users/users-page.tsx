import { call } from '../api/call.js';
import type { UserRow } from '../api/models.js';
import { useResource } from '../api/use-resource.js';
import { useAnnounce } from '../ui/announce.js';
import { Failure } from '../ui/failure.js';
import { useAction } from '../ui/use-action.js';
import { Waiting } from '../ui/waiting.js';
import { UsersTable } from './users-table.js';

const NO_LONGER_ADMIN =
  'Only admins can do that, and according to the database you are not an admin.';
const ACTING_TAKES =
  'it takes the role admin, an enabled user of a lower role, and DPOP where DEVICE_BOUND is require.';

interface UsersPageProps {
  readonly ownId: string;
  /** @throws AuthClientError */
  readonly onAct: (user: UserRow) => Promise<void>;
}

export function UsersPage({ ownId, onAct }: UsersPageProps) {
  const { data: users, failure, reload } = useResource<UserRow[]>('/admin/users');
  const announce = useAnnounce();
  const action = useAction();

  const change = (user: UserRow, to: { role: string } | { disabled: boolean }): void => {
    void action.run(async () => {
      await call('PATCH', `/admin/users/${user.id}`, to);
      announce(said(user, to));
      reload();
    }, NO_LONGER_ADMIN);
  };
  const revoke = (user: UserRow): void => {
    void action.run(async () => {
      await call('POST', `/auth/users/${user.id}/revoke`);
      announce(`Every session of ${user.email} is ended.`);
    }, NO_LONGER_ADMIN);
  };
  const act = (user: UserRow): void => {
    void action.run(() => onAct(user), `You cannot act as ${user.email}: ${ACTING_TAKES}`);
  };

  return (
    <section>
      <div className="heading">
        <div>
          <h1 tabIndex={-1}>Users</h1>
          <p className="lead">
            A change voids the access tokens that say otherwise, at once. Checked against the
            database.
          </p>
        </div>
      </div>
      <Failure text={action.failure ?? failure} />
      {!users && !failure && <Waiting />}
      {users && (
        <UsersTable
          {...{ users, ownId, busy: action.busy, onChange: change, onRevoke: revoke, onAct: act }}
        />
      )}
    </section>
  );
}

function said({ email }: UserRow, to: { role: string } | { disabled: boolean }): string {
  if ('role' in to) return `${email} is ${to.role} now. Earlier access tokens are void.`;
  return to.disabled
    ? `${email} is disabled and signed out everywhere.`
    : `${email} may sign in again.`;
}
