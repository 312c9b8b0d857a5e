/** A script for a tab, sent as text. It can use its arguments and the page, and returns JSON values. */
export type Script<A extends readonly unknown[], R> = (...args: A) => R | Promise<R>;

export interface Tab {
  goto(url: string): Promise<void>;
  run<A extends readonly unknown[], R>(script: Script<A, R>, ...args: A): Promise<R>;
  close(): Promise<void>;
}

/** A separate browser of one user: its tabs share cookies, storage and locks. */
export interface Profile {
  open(url: string): Promise<Tab>;
  close(): Promise<void>;
}

export interface Engine {
  readonly version: string;
  profile(): Promise<Profile>;
  close(): Promise<void>;
}

/** Wraps a script for a tab: one text as input, one text as output. */
export const asText = (script: Script<never, unknown>): string =>
  `async (given) => JSON.stringify((await (${String(script)})(...JSON.parse(given))) ?? null)`;
