import { Failure } from '../ui/failure.js';
import { useAction } from '../ui/use-action.js';
import type { Acting } from './act-as.js';

const STILL_ACTING = 'You still act: the server could not end the session. Try again in a moment.';

/** Stays in view: shows the user, the admin who acts, and a button to go back. */
export function ActingBanner({ acting: { email, by, client } }: { readonly acting: Acting }) {
  const { busy, failure, run } = useAction();
  return (
    <header className="acting">
      <div>
        <p className="whom">
          Acting as <strong>{email}</strong>
        </p>
        <p>
          You are <strong>{by}</strong>. Both names are recorded. It ends within an hour.
        </p>
      </div>
      <button aria-disabled={busy} onClick={() => void run(() => client.logout())}>
        Stop acting
      </button>
      <Failure text={failure && STILL_ACTING} />
    </header>
  );
}
