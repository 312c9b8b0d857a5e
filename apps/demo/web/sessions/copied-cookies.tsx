import { useState } from 'react';
import { useAction } from '../ui/use-action.js';
import { Failure } from '../ui/failure.js';

/** Shows what a bound session's cookies are worth to a thief who copied all of them, but lacks this browser's key. */
export function CopiedCookies() {
  const [status, setStatus] = useState<number>();
  const { busy, failure, run } = useAction();
  const attempt = (): void => {
    void run(async () => {
      // all cookies of this browser without a proof, as a second client would send them
      const answer = await fetch('/auth/refresh', { method: 'POST' });
      setStatus(answer.status);
    });
  };
  return (
    <section className="copied" aria-labelledby="copied-title">
      <h2 id="copied-title">Bound to this device</h2>
      <p>
        The cookies of this browser are worth nothing elsewhere once its access cookie has expired:
        this browser renews it by itself, with a key that does not leave the device.
      </p>
      <div className="actions">
        <button aria-disabled={busy} onClick={attempt}>
          Refresh as a copy would
        </button>
      </div>
      <p role="status" className="steps">
        {status !== undefined && (
          <>
            All the cookies, and no key:{' '}
            <code className={status === 403 ? 'bad' : 'good'}>{status}</code>
          </>
        )}
      </p>
      <Failure text={failure} />
    </section>
  );
}
