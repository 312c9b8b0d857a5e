// All waiting times of the client, in milliseconds. The bundler inlines exported constants, which makes the entry
// smaller.

/** For one request. */
export const TIMEOUT_MS = 30_000;
/** For a whole refresh: the wait for other tabs, the request, and a store or a body that never ends. */
export const REFRESH_MS = 45_000;
/** How often the clock is read, since timers stop while a laptop sleeps. */
export const LOOK_EVERY_MS = 30_000;
/** Until a refresh that failed without an answer is tried again. */
export const AGAIN_AFTER_MS = 10_000;
/** Without Web Locks: until the key of another tab is in the store. */
export const SETTLE_MS = 30;
/**
 * A frozen tab keeps its lock. After this long another tab goes on without it: two refreshes with one `Idempotency-Key`
 * count as one.
 */
export const TURN_MS = 10_000;
/** How long the lock is kept for messages to arrive: the next tab must know of the change. */
export const TELL_MS = 30;
/** How long a write of another tab may take to appear in the store. */
export const LATE_MS = 300;
