import { changeEmail, sendVerification } from '@tokenward/client/account';
import { caller } from '../api/client.js';
import type { Account } from '../api/models.js';
import { useAnnounce } from '../ui/announce.js';
import { EmailField } from '../ui/email-field.js';
import { Failure } from '../ui/failure.js';
import { Form } from '../ui/form.js';
import { useAction } from '../ui/use-action.js';

export function EmailPanel({ account: { email, emailVerified } }: { readonly account: Account }) {
  const announce = useAnnounce();
  const { busy, failure, run } = useAction();
  const send = async (): Promise<void> => {
    await sendVerification(caller);
    announce('The link is in the mailbox.');
  };
  return (
    <div className="panel">
      <h2>Email</h2>
      <p>
        {email}{' '}
        <span className={emailVerified ? 'badge accent' : 'badge'}>
          {emailVerified ? 'Confirmed' : 'Not confirmed'}
        </span>
      </p>
      {!emailVerified && (
        <button aria-disabled={busy} onClick={() => void run(send)}>
          Send me the link
        </button>
      )}
      <Failure text={failure} />
      <Form
        submit="Change email"
        look=""
        onSubmit={async ({ email: next = '' }) => {
          await changeEmail(caller, next);
          announce(
            `Nothing changes before the link that ${next} gets is used. It is in the mailbox.`,
          );
        }}
      >
        <EmailField label="New email" autoComplete="email" />
      </Form>
    </div>
  );
}
