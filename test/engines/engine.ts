/** A script for a tab, sent as its text: it knows its arguments and the page, and gives what JSON can carry. */
export type Script<A extends readonly unknown[], R> = (...args: A) => R | Promise<R>;

export interface Tab {
  goto(url: string): Promise<void>;
  run<A extends readonly unknown[], R>(script: Script<A, R>, ...args: A): Promise<R>;
  close(): Promise<void>;
}

/** A person's browser of its own: cookies, storage, locks. Its tabs share them. */
export interface Profile {
  open(url: string): Promise<Tab>;
  close(): Promise<void>;
}

export interface Engine {
  readonly version: string;
  profile(): Promise<Profile>;
  close(): Promise<void>;
}

/** What a tab runs in place of the script: one text in, one text out. */
export const asText = (script: Script<never, unknown>): string =>
  `async (given) => JSON.stringify((await (${String(script)})(...JSON.parse(given))) ?? null)`;
