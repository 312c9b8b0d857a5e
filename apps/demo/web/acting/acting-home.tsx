import { useId } from 'react';
import { CallAs } from '../api/use-caller.js';
import { NotesPage } from '../notes/notes-page.js';
import type { Acting } from './act-as.js';
import { ActingBanner } from './acting-banner.js';

/** The user's pages that an actor may use. */
export function ActingHome({ acting }: { readonly acting: Acting }) {
  const id = useId();
  return (
    <CallAs value={acting.client}>
      <ActingBanner acting={acting} />
      <div className="home">
        <main>
          <NotesPage />
        </main>
        <aside className="panel" aria-labelledby={id}>
          <h2 id={id}>Not while you act</h2>
          <p>
            The server answers 403 for the password, the email, second factors, API keys, the
            account, other sessions, and everything that needs a fresh proof.
          </p>
        </aside>
      </div>
    </CallAs>
  );
}
