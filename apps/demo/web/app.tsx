import { useEffect, useRef, useState } from 'react';
import { useSession } from '@tokenward/client/react';
import { client } from './api/client.js';
import { StagedTheft } from './activity/staged-theft.js';
import { ConfirmIdentity } from './factors/confirm-identity.js';
import { MailedLinkPage } from './mailed/mailed-link-page.js';
import { useMailedLink } from './mailed/use-mailed-link.js';
import { Home } from './shell/home.js';
import { Lone } from './shell/lone.js';
import type { SignedOutBecause } from './sign-in/notices.js';
import { SignedOut } from './sign-in/signed-out.js';
import { Announcer } from './ui/announce.js';
import { Waiting } from './ui/waiting.js';

export function App() {
  const auth = useSession(client);
  const [because, setBecause] = useState<SignedOutBecause>();
  // this tab ended the session itself, so the refusal that follows is expected
  const leaving = useRef<SignedOutBecause>(undefined);
  // outside the session's tree, because it must survive the end of the session
  const [theftOf, setTheftOf] = useState<string>();
  const [link, setLink] = useMailedLink();
  useEffect(
    () =>
      client.on('signedOut', ({ reason }) => {
        setBecause(leaving.current ?? reason);
        leaving.current = undefined;
      }),
    [],
  );
  const isOpen = auth.status === 'signedIn' || auth.status === 'signedOut';
  return (
    <Announcer scope={auth.status}>
      {auth.status === 'loading' && (
        <main className="lone">
          <Waiting />
        </main>
      )}
      {auth.status === 'unavailable' && (
        <Lone title="The server cannot answer right now">
          You are not signed out. The page continues as soon as the server is back.
        </Lone>
      )}
      {isOpen && link && (
        <MailedLinkPage
          key={link.value}
          link={link}
          onDone={(reason) => {
            if (reason) setBecause(reason);
            setLink(undefined);
          }}
        />
      )}
      {!link && auth.status === 'signedOut' && <SignedOut because={because} />}
      {!link && auth.status === 'signedIn' && (
        <ConfirmIdentity>
          <Home
            key={auth.session.sessionId}
            session={auth.session}
            onStageTheft={setTheftOf}
            onLeaving={(reason) => {
              leaving.current = reason;
            }}
          />
        </ConfirmIdentity>
      )}
      {theftOf !== undefined && (
        <StagedTheft
          email={theftOf}
          onClose={() => {
            setTheftOf(undefined);
          }}
        />
      )}
    </Announcer>
  );
}
