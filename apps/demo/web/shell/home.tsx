import { useEffect, useMemo, useRef } from 'react';
import type { Session } from '@tokenward/client';
import type { Account } from '../api/models.js';
import { useResource } from '../api/use-resource.js';
import { ActingHome } from '../acting/acting-home.js';
import { useActing } from '../acting/use-acting.js';
import { AccountPage } from '../account/account-page.js';
import { ActivityPanel } from '../activity/activity-panel.js';
import { useFeed, useFeedConnection } from '../live/use-feed.js';
import { useStanding } from '../live/use-standing.js';
import { MailboxPage } from '../mailbox/mailbox-page.js';
import { NotesPage } from '../notes/notes-page.js';
import { SessionsPage } from '../sessions/sessions-page.js';
import type { SignedOutBecause } from '../sign-in/notices.js';
import { Failure } from '../ui/failure.js';
import { focusHeading } from '../ui/focus.js';
import { Waiting } from '../ui/waiting.js';
import { UsersPage } from '../users/users-page.js';
import { TopBar } from './top-bar.js';
import { useRoute } from './use-route.js';

interface HomeProps {
  readonly session: Session;
  readonly onStageTheft: (email: string) => void;
  /** Called before this page ends its own session, and with undefined if that failed. */
  readonly onLeaving: (because: SignedOutBecause) => void;
}

/** The page of a signed-in user. */
export function Home({ session, onStageTheft, onLeaving }: HomeProps) {
  useFeedConnection(session.id);
  const { news } = useFeed();
  const standing = useStanding(session);
  // a role or the email may have changed; not by `expiresAt`, which the next token may share (whole seconds)
  const version = useMemo(() => [standing, news], [standing, news]);
  const { data: account, failure } = useResource<Account>('/account', version);
  const asked = useRoute();
  const route = asked === 'users' && account && account.role !== 'admin' ? 'sessions' : asked;
  const { acting, act } = useActing();
  const view = acting ? `acting as ${acting.email}` : route;
  const shown = useRef<string>(undefined);
  useEffect(() => {
    document.title = `${view.charAt(0).toUpperCase()}${view.slice(1)} · Tokenward`;
    if (shown.current !== view) focusHeading();
    shown.current = view;
  }, [view]);
  const wantsAccount = route === 'account' || route === 'users';
  if (acting) return <ActingHome acting={acting} />;
  return (
    <>
      <TopBar account={account} route={route} />
      <div className="home">
        <main>
          {route === 'sessions' && <SessionsPage version={news} onLeaving={onLeaving} />}
          {route === 'notes' && <NotesPage />}
          {route === 'mailbox' && <MailboxPage />}
          {wantsAccount && !account && (failure ? <Failure text={failure} /> : <Waiting />)}
          {route === 'account' && account && (
            <AccountPage {...{ account, news, onLeaving }} authTime={standing.authTime} />
          )}
          {route === 'users' && account && (
            <UsersPage ownId={account.id} onAct={(user) => act(user, account.email)} />
          )}
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
