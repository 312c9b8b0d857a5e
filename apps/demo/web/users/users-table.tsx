import type { UserRow } from '../api/models.js';

interface UsersTableProps {
  readonly users: readonly UserRow[];
  readonly ownId: string;
  readonly busy: boolean;
  readonly onChange: (user: UserRow, to: { role: string } | { disabled: boolean }) => void;
  readonly onRevoke: (user: UserRow) => void;
  readonly onAct: (user: UserRow) => void;
}

/** Roles are explicit, so that the cards on a phone are still a table for screen readers. */
export function UsersTable({ users, ...rest }: UsersTableProps) {
  return (
    <table role="table" className="users">
      <caption className="unseen">All users, by email</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">
            User
          </th>
          <th role="columnheader" scope="col">
            Role
          </th>
          <th role="columnheader" scope="col">
            <span className="unseen">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {users.map((user) => (
          <Row key={user.id} user={user} {...rest} />
        ))}
      </tbody>
    </table>
  );
}

function Row({
  user,
  ownId,
  busy,
  onChange,
  onRevoke,
  onAct,
}: Omit<UsersTableProps, 'users'> & { readonly user: UserRow }) {
  const isOwn = user.id === ownId;
  return (
    <tr role="row" className={user.disabled ? 'disabled' : undefined}>
      <th role="rowheader" scope="row">
        <span className="name">{user.email}</span>
        {user.name && <span className="address">{user.name}</span>}
        <span className="badges">
          {isOwn && <span className="badge accent">You</span>}
          {user.disabled && <span className="badge danger">Disabled</span>}
        </span>
      </th>
      <td role="cell">
        <select
          aria-label={`Role of ${user.email}`}
          value={user.role}
          disabled={isOwn}
          onChange={(event) => {
            onChange(user, { role: event.target.value });
          }}
        >
          <option value="user">user</option>
          <option value="admin">admin</option>
        </select>
      </td>
      <td role="cell" className="end">
        {!isOwn && <RowActions {...{ user, busy, onChange, onRevoke, onAct }} />}
      </td>
    </tr>
  );
}

function RowActions({
  user,
  busy,
  onChange,
  onRevoke,
  onAct,
}: Omit<UsersTableProps, 'users' | 'ownId'> & { readonly user: UserRow }) {
  return (
    <>
      {user.role === 'user' && !user.disabled && (
        <button
          aria-disabled={busy}
          aria-label={`Act as ${user.email}`}
          onClick={() => {
            onAct(user);
          }}
        >
          Act as
        </button>
      )}
      <button
        aria-disabled={busy}
        aria-label={`End every session of ${user.email}`}
        onClick={() => {
          onRevoke(user);
        }}
      >
        End sessions
      </button>
      <button
        className={user.disabled ? undefined : 'danger'}
        aria-disabled={busy}
        aria-label={`${user.disabled ? 'Enable' : 'Disable'} ${user.email}`}
        onClick={() => {
          onChange(user, { disabled: !user.disabled });
        }}
      >
        {user.disabled ? 'Enable' : 'Disable'}
      </button>
    </>
  );
}
