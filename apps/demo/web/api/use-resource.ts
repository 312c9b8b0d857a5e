import { useCallback, useEffect, useRef, useState } from 'react';
import { call } from './call.js';
import { type Said, sayError } from './say-error.js';
import { useCaller } from './use-caller.js';

export interface Resource<T> {
  /** The last good answer; undefined before the first. */
  readonly data: T | undefined;
  readonly failure: string | undefined;
  reload(): void;
}

/** The answer to a GET, requested again on `reload` and whenever `version` changes. */
export function useResource<T>(path: string, version: unknown = 0, refused?: Said): Resource<T> {
  const [data, setData] = useState<T>();
  const [failure, setFailure] = useState<string>();
  const latest = useRef(0);
  const as = useCaller();
  const reload = useCallback(() => {
    const mine = ++latest.current;
    call<T>('GET', path, undefined, as).then(
      (answer) => {
        if (mine !== latest.current) return;
        setData(answer);
        setFailure(undefined);
      },
      (error: unknown) => {
        if (mine === latest.current) setFailure(sayError(error, refused)?.text);
      },
    );
  }, [path, refused, as]);
  useEffect(reload, [reload, version]);
  return { data, failure, reload };
}
