/** The state of a transaction at the kill: after the host's write, after Tokenward's, or during the commit. */
export const GATES = ['written', 'changed', 'committing'] as const;
export type Gate = (typeof GATES)[number];

/** How the host makes the change. `work`: through `changeUser`. */
export const WAYS = ['userChanged', 'passwordChanged', 'work'] as const;
export type Way = (typeof WAYS)[number];

/** One transaction of every library at once, each for its own user. */
export interface Round {
  readonly gate: Gate;
  readonly way: Way;
  /** By library: the user, and the version that the change will make. */
  readonly users: Readonly<Record<string, { readonly id: string; readonly next: number }>>;
}

export type ToHost = { readonly kind: 'round'; readonly round: Round } | { readonly kind: 'go' };

export type FromHost =
  | { readonly kind: 'ready' }
  | { readonly kind: 'at'; readonly library: string }
  /** `failed`: the library reported an error. */
  | {
      readonly kind: 'settled';
      readonly library: string;
      readonly outcome: 'committed' | 'failed';
    };

/** The value that the host writes, which tells the check the matching version. */
export const roleOf = (version: number): string => `role ${String(version)}`;
