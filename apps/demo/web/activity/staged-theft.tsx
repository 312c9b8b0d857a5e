import { useState } from 'react';
import { client } from '../api/client.js';
import { Dialog } from '../ui/dialog.js';
import { Form } from '../ui/form.js';
import { PasswordField } from '../ui/password-field.js';
import { stageTheft, type Step } from './steal.js';

const OUTCOMES = {
  ended: 'Every copy is worthless now. Sign in again: the history shows how it went.',
  spared: 'Every copy is worthless now. This session was spared (ON_REUSE=family).',
  second_factor: 'Your account asks for a second step, so that the password alone steals nothing.',
} as const;

interface StagedTheftProps {
  readonly email: string;
  readonly onClose: () => void;
}

export function StagedTheft({ email, onClose }: StagedTheftProps) {
  const [steps, setSteps] = useState<readonly Step[]>([]);
  const [done, setDone] = useState<keyof typeof OUTCOMES>();
  return (
    <Dialog title="Stage a theft" onClose={onClose}>
      {done ? (
        <>
          <Steps steps={steps} />
          <p>{OUTCOMES[done]}</p>
          <div className="actions">
            <button className="primary" autoFocus onClick={onClose}>
              Close
            </button>
          </div>
        </>
      ) : (
        <Form
          submit="Steal it"
          refused={{ text: 'That is not your password.', field: 'password' }}
          onSubmit={async ({ password = '' }) => {
            setSteps([]);
            const outcome = await stageTheft(email, password, (step) => {
              setSteps((known) => [...known, step]);
            });
            const isIn = await client.session();
            setDone(outcome === 'stolen' ? (isIn ? 'spared' : 'ended') : outcome);
          }}
          beside={
            <button type="button" onClick={onClose}>
              Close
            </button>
          }
        >
          <p>
            Signs in a second device as {email}, copies its refresh token, and uses the copy after
            the device did. By default every session of yours ends then, this one too.
          </p>
          <PasswordField label="Your password" name="password" autoComplete="current-password" />
          <Steps steps={steps} />
        </Form>
      )}
    </Dialog>
  );
}

function Steps({ steps }: { readonly steps: readonly Step[] }) {
  return (
    <ol className="steps" aria-live="polite">
      {steps.map(({ said, status }) => (
        <li key={said}>
          <span className="step">
            {said} <code className={status < 400 ? 'good' : 'bad'}>{status}</code>
          </span>
        </li>
      ))}
    </ol>
  );
}
