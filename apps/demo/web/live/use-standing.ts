import { useEffect, useState } from 'react';
import type { Session } from '@tokenward/client';
import { client } from '../api/client.js';

const RETRY_MS = 1_000;

/** The claims of the current access token, requested again when it is replaced, until there is an answer. */
export function useStanding(initial: Session): Session {
  const [standing, setStanding] = useState(initial);
  useEffect(() => {
    let retry: ReturnType<typeof setTimeout> | undefined;
    let isFollowed = true;
    const ask = (): void => {
      clearTimeout(retry);
      client.session().then(
        (session) => {
          if (session && isFollowed) setStanding(session);
        },
        () => {
          // an outage changes nothing here, but changes during it must be shown afterwards
          if (isFollowed) retry = setTimeout(ask, RETRY_MS);
        },
      );
    };
    const stops = [client.on('refreshed', ask), client.on('signedIn', ask)];
    return () => {
      isFollowed = false;
      clearTimeout(retry);
      for (const stop of stops) stop();
    };
  }, []);
  return standing;
}
