import { useEffect, useRef, useState } from 'react';
import { useAnnounce } from '../ui/announce.js';
import { type Acting, actAs } from './act-as.js';

interface UseActing {
  readonly acting: Acting | undefined;
  /** @throws AuthClientError */
  act(user: { readonly id: string; readonly email: string }, by: string): Promise<void>;
}

/** Ends with its session, for any reason, and with the admin's page. */
export function useActing(): UseActing {
  const [acting, setActing] = useState<Acting>();
  const announce = useAnnounce();
  const isShown = useRef(false);
  useEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);
  useEffect(() => {
    if (!acting) return;
    const { client, email } = acting;
    let isOver = false;
    const unfollow = client.on('signedOut', ({ reason }) => {
      isOver = true;
      setActing(undefined);
      announce(
        reason === 'logout'
          ? `You act as ${email} no longer.`
          : `The session as ${email} was ended.`,
      );
    });
    return () => {
      unfollow();
      // the admin is signed out too, so there is no session to go back to
      if (!isOver)
        client.logout().catch(() => {
          client.close();
        });
    };
  }, [acting, announce]);
  return {
    acting,
    async act(user, by) {
      const opened = await actAs(user, by);
      // the admin signed out meanwhile
      if (!isShown.current) return opened.client.logout();
      setActing(opened);
      announce(`You act as ${user.email} now.`);
    },
  };
}
