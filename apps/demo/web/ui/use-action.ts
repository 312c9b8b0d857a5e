import { useState } from 'react';
import { sayError } from '../api/say-error.js';

export interface Action {
  readonly busy: boolean;
  readonly failure: string | undefined;
  /** Resolves when it is over, either way. */
  run(work: () => Promise<unknown>, refused?: string): Promise<void>;
}

/** One piece of work at a time, and what went wrong with the last one. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const run = async (work: () => Promise<unknown>, refused?: string): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setFailure(undefined);
    try {
      await work();
    } catch (error) {
      setFailure(sayError(error, refused));
    } finally {
      setBusy(false);
    }
  };
  return { busy, failure, run };
}
