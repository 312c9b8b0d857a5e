import { call } from '../api/call.js';
import { client } from '../api/client.js';
import type { Account } from '../api/models.js';
import { useNow } from '../format/use-now.js';
import { useAnnounce } from '../ui/announce.js';
import { useConfirmPassword, useWithProof } from '../ui/confirm-password.js';
import { Failure } from '../ui/failure.js';
import { Ago } from '../ui/moment.js';
import { useAction } from '../ui/use-action.js';
import { ChangePassword } from './change-password.js';

interface AccountPageProps {
  readonly account: Account;
  /** ISO 8601: when the password was last given. */
  readonly authTime: string | undefined;
}

export function AccountPage({ account, authTime }: AccountPageProps) {
  const now = useNow(10_000);
  const announce = useAnnounce();
  const confirm = useConfirmPassword();
  const withProof = useWithProof();
  const action = useAction();

  const confirmNow = async (): Promise<void> => {
    const confirmation = await confirm('It renews the proof that it is you, and this session’s tokens.');
    if (confirmation === 'confirmed') announce('Confirmed.');
  };
  const remove = (): void => {
    void action.run(async () => {
      const outcome = await withProof('To delete the account, give your password once more.', () =>
        call<undefined>('DELETE', '/account'),
      );
      if (outcome !== 'cancelled') await client.session();
    });
  };

  return (
    <section>
      <div className="heading">
        <div>
          <h1 tabIndex={-1}>Account</h1>
          <p className="lead">
            {account.name ? `${account.name}, ` : ''}
            {account.email}, role <strong>{account.role}</strong>
          </p>
        </div>
      </div>
      <div className="panels">
        <div className="panel">
          <h2>Proof that it is you</h2>
          <p>
            You last gave your password {authTime ? <Ago at={authTime} now={now} /> : 'some time ago'}. What
            cannot be undone asks for a proof at most five minutes old.
          </p>
          <button onClick={() => void confirmNow()}>Confirm now</button>
        </div>
        <ChangePassword email={account.email} />
        <div className="panel">
          <h2>Delete the account</h2>
          <p>Your notes go with it, and every session ends at once.</p>
          <Failure text={action.failure} />
          <button className="danger" disabled={action.busy} onClick={remove}>
            Delete account
          </button>
        </div>
      </div>
    </section>
  );
}
