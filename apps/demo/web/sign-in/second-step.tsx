import { useState } from 'react';
import type { SecondFactorMethod } from '@tokenward/client';
import { answerWithPasskey, loginWithSecondFactor } from '@tokenward/client/factors';
import { client } from '../api/client.js';
import { Failure } from '../ui/failure.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { useAction } from '../ui/use-action.js';
import { CodeField } from '../factors/code-field.js';
import { Frame } from './frame.js';

interface SecondStepProps {
  readonly due: { readonly ticket: string; readonly methods: readonly SecondFactorMethod[] };
  /** Called after the sign-in, or to start again. */
  readonly onDone: () => void;
}

const WRONG = 'That is not right. After five tries, or five minutes, begin again.';

/** The password was correct, but the user is not signed in yet. */
export function SecondStep({ due: { ticket, methods }, onDone }: SecondStepProps) {
  const [recovering, setRecovering] = useState(
    !methods.includes('totp') && !methods.includes('passkey'),
  );
  const { busy, failure, run } = useAction();
  const usePasskey = async (): Promise<void> => {
    await loginWithSecondFactor(client, await answerWithPasskey(client, ticket));
    onDone();
  };
  return (
    <Frame title="One more step">
      {(recovering || methods.includes('totp')) && (
        <CodeForm
          key={String(recovering)}
          kind={recovering ? 'recovery code' : 'code'}
          ticket={ticket}
          onDone={onDone}
        />
      )}
      <Failure text={failure} />
      {methods.includes('passkey') && (
        <button className="wide" aria-disabled={busy} onClick={() => void run(usePasskey, WRONG)}>
          Use a passkey
        </button>
      )}
      <p className="switch apart">
        {methods.includes('recovery_code') && (
          <button
            className="link"
            onClick={() => {
              setRecovering(!recovering);
            }}
          >
            {recovering ? 'Use the app' : 'Use a recovery code'}
          </button>
        )}{' '}
        <button className="link" onClick={onDone}>
          Begin again
        </button>
      </p>
    </Frame>
  );
}

interface CodeFormProps {
  readonly kind: 'code' | 'recovery code';
  readonly ticket: string;
  readonly onDone: () => void;
}

function CodeForm({ kind, ticket, onDone }: CodeFormProps) {
  return (
    <Form
      submit="Go on"
      look="primary wide"
      refused={{ text: WRONG, field: 'code' }}
      onSubmit={async ({ code = '' }) => {
        const given = code.trim();
        const answer = kind === 'code' ? { code: given } : { recoveryCode: given };
        await loginWithSecondFactor(client, { ticket, ...answer });
        onDone();
      }}
    >
      {kind === 'code' ? (
        <CodeField label="Code of your authenticator app" />
      ) : (
        <Field label="Recovery code" name="code" autoComplete="off" spellCheck={false} required />
      )}
    </Form>
  );
}
