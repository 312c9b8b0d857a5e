import type { Account, FeedEvent } from '../api/models.js';
import { ApiKeysPanel } from '../api-keys/api-keys-panel.js';
import { IdentitiesPanel } from '../elsewhere/identities-panel.js';
import { FactorsPanel } from '../factors/factors-panel.js';
import { useConfirmIdentity } from '../factors/confirm-identity.js';
import { useNow } from '../format/use-now.js';
import type { SignedOutBecause } from '../sign-in/notices.js';
import { useAnnounce } from '../ui/announce.js';
import { Ago } from '../ui/moment.js';
import { ChangePassword } from './change-password.js';
import { DeleteAccount } from './delete-account.js';
import { EmailPanel } from './email-panel.js';

interface AccountPageProps {
  readonly account: Account;
  /** The newest event, after which the lists may have changed. */
  readonly news: FeedEvent | undefined;
  /** ISO 8601: when a credential was last proved. */
  readonly authTime: string | undefined;
  readonly onLeaving: (because: SignedOutBecause) => void;
}

export function AccountPage({ account, news, authTime, onLeaving }: AccountPageProps) {
  const now = useNow(10_000);
  const announce = useAnnounce();
  const confirm = useConfirmIdentity();

  const confirmNow = async (): Promise<void> => {
    const isProved = await confirm(
      'It renews the proof that it is you, and this session’s tokens.',
    );
    if (isProved) announce('Confirmed.');
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
            You last proved it {authTime ? <Ago at={authTime} now={now} /> : 'some time ago'}. What
            cannot be undone, and what changes how you sign in, asks for a proof at most five
            minutes old.
          </p>
          <button onClick={() => void confirmNow()}>Confirm now</button>
        </div>
        <EmailPanel account={account} />
        <ChangePassword email={account.email} />
        <FactorsPanel version={news} now={now} />
        <IdentitiesPanel version={news} now={now} />
        <ApiKeysPanel now={now} />
        <DeleteAccount {...{ account, onLeaving }} />
      </div>
    </section>
  );
}
