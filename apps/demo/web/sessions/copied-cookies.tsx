import { useState } from 'react';
import { useAction } from '../ui/use-action.js';
import { Failure } from '../ui/failure.js';

/** Of a bound session: what its cookies are worth to somebody who copied them all, and lacks the key of this browser. */
export function CopiedCookies() {
  const [status, setStatus] = useState<number>();
  const { busy, failure, run } = useAction();
  const attempt = (): void => {
    void run(async () => {
      // all the cookies of this browser, and no proof: what a second client would send
      const answer = await fetch('/auth/refresh', { method: 'POST' });
      setStatus(answer.status);
    });
  };
  return (
    <section className="copied" aria-labelledby="copied-title">
      <h2 id="copied-title">Bound to this device</h2>
      <p>
        The cookies of this browser are worth nothing elsewhere once its access cookie has expired: this
        browser renews it by itself, with a key that does not leave the device.
      </p>
      <div className="actions">
        <button aria-disabled={busy} onClick={attempt}>
          Refresh as a copy would
        </button>
      </div>
      <p role="status" className="steps">
        {status !== undefined && (
          <>
            All the cookies, and no key: <code className={status === 403 ? 'bad' : 'good'}>{status}</code>
          </>
        )}
      </p>
      <Failure text={failure} />
    </section>
  );
}
