import { useEffect, useState } from 'react';
import type { Session } from '@tokenward/client';
import { client } from '../api/client.js';

/** What the current access token says; asked again when it is replaced. */
export function useStanding(initial: Session): Session {
  const [standing, setStanding] = useState(initial);
  useEffect(
    () =>
      client.on('refreshed', () => {
        // an outage changes nothing here
        client.session().then(
          (session) => {
            if (session) setStanding(session);
          },
          () => undefined,
        );
      }),
    [],
  );
  return standing;
}
