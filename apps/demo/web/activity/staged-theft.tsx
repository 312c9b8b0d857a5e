import { useState } from 'react';
import { client } from '../api/client.js';
import { Dialog } from '../ui/dialog.js';
import { Failure } from '../ui/failure.js';
import { PasswordField } from '../ui/password-field.js';
import { useAction } from '../ui/use-action.js';
import { stageTheft, type Step } from './steal.js';

const OUTCOMES = {
  ended: 'Every copy is worthless now. Sign in again: the history shows how it went.',
  spared: 'Every copy is worthless now. This session was spared (ON_REUSE=family).',
} as const;

interface StagedTheftProps {
  readonly email: string;
  readonly onClose: () => void;
}

export function StagedTheft({ email, onClose }: StagedTheftProps) {
  const [steps, setSteps] = useState<readonly Step[]>([]);
  const [done, setDone] = useState<keyof typeof OUTCOMES>();
  const { busy, failure, run } = useAction();
  const submit = (password: string): void => {
    setSteps([]);
    void run(async () => {
      await stageTheft(email, password, (step) => {
        setSteps((known) => [...known, step]);
      });
      setDone((await client.session()) ? 'spared' : 'ended');
    }, 'That is not your password.');
  };
  return (
    <Dialog title="Stage a theft" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit(String(new FormData(event.currentTarget).get('password')));
        }}
      >
        {!done && (
          <>
            <p>
              Signs in a second device as {email}, copies its refresh token, and uses the copy after the
              device did. By default every session of yours ends then, this one too.
            </p>
            <PasswordField label="Your password" name="password" autoComplete="current-password" />
          </>
        )}
        <ol className="steps" aria-live="polite">
          {steps.map(({ said, status }) => (
            <li key={said}>
              <span className="step">
                {said} <code className={status < 400 ? 'good' : 'bad'}>{status}</code>
              </span>
            </li>
          ))}
        </ol>
        {done && <p>{OUTCOMES[done]}</p>}
        <Failure text={failure} />
        <div className="actions">
          {!done && (
            <button className="primary" disabled={busy}>
              Steal it
            </button>
          )}
          <button
            key={done ? 'done' : 'early'}
            type="button"
            className={done ? 'primary' : undefined}
            autoFocus={done !== undefined}
            onClick={onClose}
          >
            Close
          </button>
        </div>
      </form>
    </Dialog>
  );
}
