import { useEffect, useRef, useState } from 'react';
import { loginWithPasskey } from '@tokenward/client/factors';
import { client } from '../api/client.js';
import { isPasskeyPossible, PasskeyElsewhere } from '../factors/passkey-place.js';
import { Failure } from '../ui/failure.js';
import { useAction } from '../ui/use-action.js';
import { offerPasskeys } from './offer-passkeys.js';

const UNKNOWN = 'That passkey is not known here.';

/** Sign-in with a button, and in the email field (conditional UI). */
export function PasskeySignIn() {
  const { busy, failure, run } = useAction();
  const offer = useRef<AbortController>(undefined);
  const [round, setRound] = useState(0);
  const [isRefused, setRefused] = useState(false);
  useEffect(() => {
    const controller = new AbortController();
    offer.current = controller;
    if (isPasskeyPossible())
      void offerPasskeys(controller.signal).then((outcome) => {
        setRefused(outcome === 'refused');
      });
    return () => {
      controller.abort();
    };
  }, [round]);
  if (!isPasskeyPossible()) return <PasskeyElsewhere />;
  const signIn = async (): Promise<void> => {
    // the browser allows one request at a time
    offer.current?.abort();
    await run(() => loginWithPasskey(client), UNKNOWN);
    setRound((count) => count + 1);
  };
  return (
    <div>
      <button className="wide" aria-disabled={busy} onClick={() => void signIn()}>
        Sign in with a passkey
      </button>
      <Failure text={failure ?? (isRefused ? UNKNOWN : undefined)} />
    </div>
  );
}
