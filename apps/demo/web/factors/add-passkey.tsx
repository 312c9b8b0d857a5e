import { addPasskey } from '@tokenward/client/factors';
import { caller } from '../api/client.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { isPasskeyPossible, PasskeyElsewhere } from './passkey-place.js';

interface AddPasskeyProps {
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function AddPasskey({ onClose, onDone }: AddPasskeyProps) {
  const cancel = (
    <button type="button" onClick={onClose}>
      Cancel
    </button>
  );
  return (
    <Dialog title="Add a passkey" onClose={onClose}>
      {isPasskeyPossible() ? (
        <Form
          submit="Go on"
          beside={cancel}
          refused={{ text: 'That passkey was not accepted.' }}
          onSubmit={async ({ name = '' }) => {
            await addPasskey(caller, name.trim() || undefined);
            onDone();
          }}
        >
          <p>
            Your browser asks for a finger, a face or a PIN, and keeps the key. The server gets its
            public half.
          </p>
          <Field
            label="Name (optional)"
            name="name"
            maxLength={60}
            autoComplete="off"
            hint="To know it by: laptop, key ring."
          />
        </Form>
      ) : (
        <>
          <PasskeyElsewhere />
          {cancel}
        </>
      )}
    </Dialog>
  );
}
