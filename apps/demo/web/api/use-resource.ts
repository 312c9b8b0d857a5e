import { useCallback, useEffect, useRef, useState } from 'react';
import { call } from './call.js';
import { type Said, sayError } from './say-error.js';

export interface Resource<T> {
  /** The last good answer; undefined before the first. */
  readonly data: T | undefined;
  readonly failure: string | undefined;
  reload(): void;
}

/** What a GET answers; asked again on `reload` and whenever `version` changes. */
export function useResource<T>(path: string, version: unknown = 0, refused?: Said): Resource<T> {
  const [data, setData] = useState<T>();
  const [failure, setFailure] = useState<string>();
  const latest = useRef(0);
  const reload = useCallback(() => {
    const mine = ++latest.current;
    call<T>('GET', path).then(
      (answer) => {
        if (mine !== latest.current) return;
        setData(answer);
        setFailure(undefined);
      },
      (error: unknown) => {
        if (mine === latest.current) setFailure(sayError(error, refused)?.text);
      },
    );
  }, [path, refused]);
  useEffect(reload, [reload, version]);
  return { data, failure, reload };
}
