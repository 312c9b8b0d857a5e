import { useEffect, useRef } from 'react';
import type { Session } from '@tokenward/client';
import type { Account } from '../api/models.js';
import { useResource } from '../api/use-resource.js';
import { AccountPage } from '../account/account-page.js';
import { ActivityPanel } from '../activity/activity-panel.js';
import { useFeed, useFeedConnection } from '../live/use-feed.js';
import { useStanding } from '../live/use-standing.js';
import { NotesPage } from '../notes/notes-page.js';
import { SessionsPage } from '../sessions/sessions-page.js';
import { UsersPage } from '../users/users-page.js';
import { TopBar } from './top-bar.js';
import { useRoute } from './use-route.js';

interface HomeProps {
  readonly session: Session;
  readonly onStageTheft: (email: string) => void;
}

/** Somebody is signed in. */
export function Home({ session, onStageTheft }: HomeProps) {
  useFeedConnection(session.id);
  const { news } = useFeed();
  const standing = useStanding(session);
  // a role may have changed, within the second in which the token before was issued, too
  // a role may have changed; not by `expiresAt`, which the next token may share (whole seconds)
  const { data: account } = useResource<Account>('/account', standing);
  const asked = useRoute();
  const route = asked === 'users' && account?.role !== 'admin' ? 'sessions' : asked;
  const main = useRef<HTMLElement>(null);
  const shown = useRef(route);
  useEffect(() => {
    document.title = `${route.charAt(0).toUpperCase()}${route.slice(1)} · Tokenward`;
    if (shown.current !== route) main.current?.querySelector('h1')?.focus();
    shown.current = route;
  }, [route]);
  return (
    <>
      <TopBar account={account} route={route} />
      <div className="home">
        <main ref={main}>
          {route === 'sessions' && <SessionsPage version={news} />}
          {route === 'notes' && <NotesPage />}
          {route === 'account' && account && <AccountPage account={account} authTime={standing.authTime} />}
          {route === 'users' && account && <UsersPage ownId={account.id} />}
        </main>
        <ActivityPanel
          session={standing}
          onStageTheft={() => {
            if (account) onStageTheft(account.email);
          }}
        />
      </div>
    </>
  );
}
