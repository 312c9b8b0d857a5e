import { type ReactNode, useState } from 'react';
import { addTotp, confirmTotp, type TotpSecret } from '@tokenward/client/factors';
import { caller } from '../api/client.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { CodeField } from './code-field.js';
import { QrCode } from './qr-code.js';

interface AddTotpProps {
  readonly onClose: () => void;
  /** With the recovery codes of a first factor. */
  readonly onDone: (codes: readonly string[] | undefined) => void;
}

/** Asks for a name, shows the secret as a QR code, and asks for its first code, which activates it. */
export function AddTotp({ onClose, onDone }: AddTotpProps) {
  const [secret, setSecret] = useState<TotpSecret>();
  const cancel = (
    <button type="button" onClick={onClose}>
      Cancel
    </button>
  );
  return (
    <Dialog title="Add an authenticator app" onClose={onClose}>
      {secret ? (
        <FirstCode key="code" secret={secret} beside={cancel} onDone={onDone} />
      ) : (
        <Form
          key="name"
          submit="Go on"
          beside={cancel}
          onSubmit={async ({ name = '' }) => {
            setSecret(await addTotp(caller, name.trim() || undefined));
          }}
        >
          <Field
            label="Name (optional)"
            name="name"
            maxLength={60}
            autoComplete="off"
            hint="To know it by: phone, tablet."
          />
        </Form>
      )}
    </Dialog>
  );
}

interface FirstCodeProps extends Pick<AddTotpProps, 'onDone'> {
  readonly secret: TotpSecret;
  readonly beside: ReactNode;
}

function FirstCode({ secret: { id, uri, secret }, beside, onDone }: FirstCodeProps) {
  return (
    <Form
      submit="Add it"
      beside={beside}
      refused={{
        text: 'That code is not right. Is the phone’s clock set by itself?',
        field: 'code',
      }}
      onSubmit={async ({ code = '' }) => {
        onDone(await confirmTotp(caller, { id, code: code.trim() }));
      }}
    >
      <p>Scan this with the app, or type the secret into it.</p>
      <QrCode text={uri} label="The secret as a QR code" />
      <p className="secret">
        <code>{secret.replace(/(.{4})(?=.)/g, '$1 ')}</code>
      </p>
      <CodeField label="The code that it shows" />
    </Form>
  );
}
