// How long the client waits for what, in milliseconds. Exported constants are written in place by the bundler, which makes the entry smaller.

/** Of one request. */
export const TIMEOUT_MS = 30_000;
/** Of a refresh: the wait for the other tabs, the request, and a store or an answer's body that never ends. */
export const REFRESH_MS = 45_000;
/** How often a clock is looked at that a sleeping laptop stops. */
export const LOOK_EVERY_MS = 30_000;
/** Until a refresh that could not be had is tried again. */
export const AGAIN_AFTER_MS = 10_000;
/** Without Web Locks: until the key of another tab is in the store. */
export const SETTLE_MS = 30;
/** A tab that is frozen holds what it has. Who waited this long goes on: the key of a refresh makes two of them one. */
export const TURN_MS = 10_000;
/** What was done is told by messages; who comes next has heard them by then. */
export const TELL_MS = 30;
/** How long what another tab wrote to a store may be late. */
export const LATE_MS = 300;
