import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState,
} from 'react';
import { answerWithPasskey, type FactorBody, factors } from '@tokenward/client/factors';
import { client, onStepUp } from '../api/client.js';
import { Dialog } from '../ui/dialog.js';
import { Failure } from '../ui/failure.js';
import { Form } from '../ui/form.js';
import { PasswordField } from '../ui/password-field.js';
import { useAction } from '../ui/use-action.js';
import { CodeField } from './code-field.js';

const DUE = 'Before you do this, confirm that it is you.';

/** True if the user confirmed, false if the user cancelled. */
type Confirm = (why: string) => Promise<boolean>;
const Context = createContext<Confirm>(() => Promise.resolve(false));

/** Asks for a proof in a dialog and renews the session's proof. */
export function useConfirmIdentity(): Confirm {
  return useContext(Context);
}

interface Asked {
  readonly why: string;
  readonly kinds: readonly FactorBody['kind'][];
}

/** Asks for a recent proof with one of the user's factors when a route below requires it (RFC 9470). */
export function ConfirmIdentity({ children }: { readonly children: ReactNode }) {
  const [asked, setAsked] = useState<Asked>();
  const settle = useRef<(isProved: boolean) => void>(undefined);
  const confirm = useCallback<Confirm>(async (why) => {
    const found = await factors(client).catch(() => []);
    return new Promise((resolve) => {
      settle.current?.(false);
      settle.current = resolve;
      setAsked({ why, kinds: found.map(({ kind }) => kind) });
    });
  }, []);
  useEffect(() => {
    onStepUp(() => confirm(DUE));
    return () => {
      onStepUp(() => Promise.resolve(false));
    };
  }, [confirm]);
  const close = (isProved: boolean): void => {
    setAsked(undefined);
    settle.current?.(isProved);
  };
  return (
    <Context value={confirm}>
      {children}
      {asked && <ProofDialog {...asked} onClose={close} />}
    </Context>
  );
}

interface ProofDialogProps extends Asked {
  readonly onClose: (isProved: boolean) => void;
}

function ProofDialog({ why, kinds, onClose }: ProofDialogProps) {
  const { busy, failure, run } = useAction();
  const withCode = kinds.includes('totp');
  const usePasskey = async (): Promise<void> => {
    await client.reauthenticate(await answerWithPasskey(client));
    onClose(true);
  };
  const cancel = (): void => {
    onClose(false);
  };
  return (
    <Dialog title="Confirm it is you" onClose={cancel}>
      <Form
        submit="Confirm"
        refused={
          withCode
            ? { text: 'The password or the code is not right.', field: 'code' }
            : { text: 'That is not your password.', field: 'password' }
        }
        onSubmit={async ({ password = '', code }) => {
          await client.reauthenticate({ password, ...(code && { code: code.trim() }) });
          onClose(true);
        }}
        beside={
          <>
            {kinds.includes('passkey') && (
              <button
                type="button"
                aria-disabled={busy}
                onClick={() => void run(usePasskey, 'That passkey is not yours.')}
              >
                Use a passkey instead
              </button>
            )}
            <button type="button" onClick={cancel}>
              Cancel
            </button>
          </>
        }
      >
        <p>{why}</p>
        <PasswordField label="Your password" name="password" autoComplete="current-password" />
        {withCode && <CodeField label="Code of your authenticator app" />}
        <Failure text={failure} />
      </Form>
    </Dialog>
  );
}
