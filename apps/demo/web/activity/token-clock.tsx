import { countdown } from '../format/time.js';
import { useNow } from '../format/use-now.js';

const USUAL_TTL_MS = 15 * 60_000;

/** The remaining lifetime of this page's access token. */
export function TokenClock({ expiresAt }: { readonly expiresAt: string }) {
  const now = useNow(1_000);
  const leftMs = Math.max(0, Date.parse(expiresAt) - now);
  return (
    <div className="token-clock">
      <span>Access token</span>
      <progress
        aria-label="Life left of the access token"
        max={Math.max(USUAL_TTL_MS, leftMs)}
        value={leftMs}
      />
      <span className="left" role="timer" aria-live="off">
        {countdown(leftMs)}
      </span>
    </div>
  );
}
