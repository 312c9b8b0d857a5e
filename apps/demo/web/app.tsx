import { useEffect, useState } from 'react';
import { useSession } from '@tokenward/client/react';
import { client } from './api/client.js';
import { StagedTheft } from './activity/staged-theft.js';
import { Home } from './shell/home.js';
import { Unavailable } from './shell/unavailable.js';
import { type SignedOutBecause, SignInPage } from './sign-in/sign-in-page.js';
import { Announcer } from './ui/announce.js';
import { ConfirmPassword } from './ui/confirm-password.js';

export function App() {
  const auth = useSession(client);
  const [because, setBecause] = useState<SignedOutBecause>();
  // outlives the session that it ends
  const [theftOf, setTheftOf] = useState<string>();
  useEffect(
    () =>
      client.on('signedOut', ({ reason }) => {
        setBecause(reason);
      }),
    [],
  );
  return (
    <Announcer scope={auth.status}>
      {auth.status === 'unavailable' && <Unavailable />}
      {auth.status === 'signedOut' && <SignInPage because={because} />}
      {auth.status === 'signedIn' && (
        <ConfirmPassword>
          <Home key={auth.session.sessionId} session={auth.session} onStageTheft={setTheftOf} />
        </ConfirmPassword>
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
