import { useState } from 'react';
import { sayError } from '../api/say-error.js';

export interface Action {
  readonly busy: boolean;
  readonly failure: string | undefined;
  /** Resolves when it is over, either way. Ignored while another one is under way. */
  run(work: () => Promise<unknown>, refused?: string): Promise<void>;
}

/** One piece of work at a time, and what went wrong with the last one. Buttons say `aria-disabled`: one that is disabled loses the focus. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const run: Action['run'] = async (work, refused) => {
    if (busy) return;
    setBusy(true);
    setFailure(undefined);
    try {
      await work();
    } catch (error) {
      setFailure(sayError(error, refused === undefined ? undefined : { text: refused })?.text);
    } finally {
      setBusy(false);
    }
  };
  return { busy, failure, run };
}
