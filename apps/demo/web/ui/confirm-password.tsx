import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from 'react';
import { CallError } from '../api/call.js';
import { client } from '../api/client.js';
import { Dialog } from './dialog.js';
import { Failure } from './failure.js';
import { PasswordField } from './password-field.js';
import { useAction } from './use-action.js';

/** Whether the password was confirmed, or the person thought better of it. */
export type Confirmation = 'confirmed' | 'cancelled';
type Confirm = (why: string) => Promise<Confirmation>;

const Context = createContext<Confirm>(() => Promise.resolve('cancelled'));

/** Asks for the password in a dialog and renews the proof with it. */
export function useConfirmPassword(): Confirm {
  return useContext(Context);
}

/** Does `work`; when its proof is too old (RFC 9470), asks for the password and does it again. */
export function useWithProof(): <T>(why: string, work: () => Promise<T>) => Promise<T | 'cancelled'> {
  const confirm = useConfirmPassword();
  return async (why, work) => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CallError) || error.kind !== 'proof_too_old') throw error;
    }
    return (await confirm(why)) === 'confirmed' ? work() : 'cancelled';
  };
}

export function ConfirmPassword({ children }: { readonly children: ReactNode }) {
  const [why, setWhy] = useState<string>();
  const settle = useRef<(confirmation: Confirmation) => void>(undefined);
  const { busy, failure, run } = useAction();
  const confirm = useCallback<Confirm>(
    (reason) =>
      new Promise((resolve) => {
        settle.current?.('cancelled');
        settle.current = resolve;
        setWhy(reason);
      }),
    [],
  );
  const close = (confirmation: Confirmation): void => {
    setWhy(undefined);
    settle.current?.(confirmation);
  };
  const submit = (form: FormData): void => {
    void run(async () => {
      await client.reauthenticate(String(form.get('password')));
      close('confirmed');
    }, 'That is not your password.');
  };
  return (
    <Context value={confirm}>
      {children}
      {why !== undefined && (
        <Dialog
          title="Confirm it is you"
          onClose={() => {
            close('cancelled');
          }}
        >
          <form
            onSubmit={(event) => {
              event.preventDefault();
              submit(new FormData(event.currentTarget));
            }}
          >
            <p>{why}</p>
            <PasswordField label="Your password" name="password" autoComplete="current-password" />
            <Failure text={failure} />
            <div className="actions">
              <button className="primary" disabled={busy}>
                Confirm
              </button>
              <button
                type="button"
                onClick={() => {
                  close('cancelled');
                }}
              >
                Cancel
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </Context>
  );
}
