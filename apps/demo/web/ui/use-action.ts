import { useState } from 'react';
import { sayError } from '../api/say-error.js';

export interface Action {
  readonly busy: boolean;
  readonly failure: string | undefined;
  /** Resolves when the action has ended, successfully or not. Ignored while another action is running. */
  run(work: () => Promise<unknown>, refused?: string): Promise<void>;
}

/**
 * Runs one action at a time and keeps the error of the last one. Buttons use `aria-disabled`, because a disabled button
 * loses the focus.
 */
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
