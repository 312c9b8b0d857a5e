import { useState } from 'react';
import type { SecondFactorDue } from '@tokenward/client';
import { SignInElsewhere } from '../elsewhere/sign-in-elsewhere.js';
import { MailList } from '../mailbox/mail-list.js';
import { useHash } from '../shell/use-route.js';
import { AskForLink } from './ask-for-link.js';
import { CredentialsForm } from './credentials-form.js';
import { Frame } from './frame.js';
import { NOTICES, type SignedOutBecause } from './notices.js';
import { PasskeySignIn } from './passkey-sign-in.js';
import { SecondStep } from './second-step.js';

const TITLES = {
  'sign-in': 'Sign in',
  register: 'Create an account',
  password_reset: 'Forgot your password?',
  magic_link: 'Sign in by mail',
} as const;
type View = keyof typeof TITLES;

/** The page without a signed-in user. */
export function SignedOut({ because }: { readonly because: SignedOutBecause }) {
  const [view, setView] = useState<View>('sign-in');
  const [due, setDue] = useState<SecondFactorDue>();
  const isMailbox = useHash() === 'mailbox';
  if (isMailbox) return <Mailbox />;
  if (due)
    return (
      <SecondStep
        due={due}
        onDone={() => {
          setDue(undefined);
        }}
      />
    );
  const isLink = view === 'password_reset' || view === 'magic_link';
  return (
    <Frame
      title={TITLES[view]}
      notice={view === 'sign-in' && because ? NOTICES[because] : undefined}
    >
      {isLink ? (
        <AskForLink key={view} kind={view} />
      ) : (
        <CredentialsForm key={view} mode={view} onDue={setDue} />
      )}
      <OtherWays view={view} onView={setView} />
    </Frame>
  );
}

function Mailbox() {
  return (
    <Frame title="Mailbox">
      <MailList />
      <p className="switch">
        <a href="#sign-in">Back to the sign-in</a>
      </p>
    </Frame>
  );
}

interface OtherWaysProps {
  readonly view: View;
  readonly onView: (view: View) => void;
}

function OtherWays({ view, onView }: OtherWaysProps) {
  const to = (name: View, words: string) => (
    <button
      type="button"
      className="link"
      onClick={() => {
        onView(name);
      }}
    >
      {words}
    </button>
  );
  if (view !== 'sign-in')
    return (
      <p className="switch">
        {view === 'register' && 'There already? '}
        {to('sign-in', view === 'register' ? 'Sign in' : 'Back to the sign-in')}
      </p>
    );
  return (
    <>
      <PasskeySignIn />
      <SignInElsewhere />
      <p className="switch apart">
        {to('password_reset', 'Forgot your password?')} {to('magic_link', 'Sign in by mail')}
      </p>
      <p className="switch">New here? {to('register', 'Create an account')}</p>
    </>
  );
}
