import { useEffect, useState } from 'react';
import { Mark } from '../ui/mark.js';
import { CredentialsForm } from './credentials-form.js';
import { Lifelines } from './lifelines.js';

/** Why nobody is signed in any more; undefined when nobody was. */
export type SignedOutBecause = keyof typeof NOTICES | undefined;

const NOTICES = {
  logout: 'You are signed out. Your tokens are refused from now on, wherever they are.',
  refused:
    'This browser was signed out: its session was ended from another device, by an administrator, or for safety.',
} as const;

export function SignInPage({ because }: { readonly because: SignedOutBecause }) {
  const [mode, setMode] = useState<'sign-in' | 'register'>('sign-in');
  const registering = mode === 'register';
  useEffect(() => {
    document.title = registering ? 'Create an account · Tokenward' : 'Sign in · Tokenward';
  }, [registering]);
  return (
    <div className="sign-in">
      <aside className="pitch">
        <p className="brand">
          <Mark />
          Tokenward
        </p>
        <div>
          <p className="claim">Tokens that can be taken&nbsp;back.</p>
          <p className="claim-detail">
            Checked in memory, without a look-up. Ended on every server within milliseconds.
          </p>
        </div>
        <Lifelines />
      </aside>
      <main>
        <div className="card">
          {because && (
            <p className="notice" role="status">
              {NOTICES[because]}
            </p>
          )}
          <h1>{registering ? 'Create an account' : 'Sign in'}</h1>
          <CredentialsForm key={mode} mode={mode} />
          <p className="switch">
            {registering ? 'There already?' : 'New here?'}{' '}
            <button
              type="button"
              className="link"
              onClick={() => {
                setMode(registering ? 'sign-in' : 'register');
              }}
            >
              {registering ? 'Sign in' : 'Create an account'}
            </button>
          </p>
        </div>
        <p className="footnote">
          A demo on your own machine: its first start printed two users in the terminal. The API is described
          at <a href="/docs">/docs</a>.
        </p>
      </main>
    </div>
  );
}
