import { useState } from 'react';
import { call } from '../api/call.js';
import { client } from '../api/client.js';
import type { Account } from '../api/models.js';
import type { SignedOutBecause } from '../sign-in/notices.js';
import { Dialog } from '../ui/dialog.js';
import { Failure } from '../ui/failure.js';
import { useAction } from '../ui/use-action.js';

interface DeleteAccountProps {
  readonly account: Account;
  readonly onLeaving: (because: SignedOutBecause) => void;
}

export function DeleteAccount({ account, onLeaving }: DeleteAccountProps) {
  const [isAsking, setAsking] = useState(false);
  const { busy, failure, run } = useAction();
  const keep = (): void => {
    setAsking(false);
  };
  const remove = async (): Promise<void> => {
    keep();
    onLeaving('deleted');
    try {
      await call('DELETE', '/account');
    } catch (error) {
      onLeaving(undefined);
      throw error;
    }
    await client.session();
  };
  return (
    <div className="panel">
      <h2>Delete the account</h2>
      <p>Your notes go with it, and every session ends at once.</p>
      <Failure text={failure} />
      <button
        className="danger"
        aria-disabled={busy}
        onClick={() => {
          setAsking(true);
        }}
      >
        Delete account
      </button>
      {isAsking && (
        <Dialog title={`Delete the account of ${account.email}?`} onClose={keep}>
          <p>This cannot be undone: the notes are gone, and so is every session.</p>
          <div className="actions">
            <button onClick={keep}>Keep it</button>
            <button className="danger" onClick={() => void run(remove)}>
              Delete it for good
            </button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
