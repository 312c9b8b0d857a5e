import { useState } from 'react';
import type { SecondFactorMethod } from '@tokenward/client';
import { loginWithMagicLink, resetPassword, verifyEmail } from '@tokenward/client/account';
import { client } from '../api/client.js';
import { Frame } from '../sign-in/frame.js';
import type { SignedOutBecause } from '../sign-in/notices.js';
import { SecondStep } from '../sign-in/second-step.js';
import { StaySignedIn } from '../sign-in/stay-signed-in.js';
import { useAnnounce } from '../ui/announce.js';
import { Form } from '../ui/form.js';
import { NewPasswordField } from '../ui/password-field.js';
import type { MailedLink } from './use-mailed-link.js';

interface Leaves {
  /** Called with the notice for the sign-in page. */
  readonly onDone: (because?: SignedOutBecause) => void;
}
interface LinkProps extends Leaves {
  readonly token: string;
}
interface SecondStepDue {
  readonly ticket: string;
  readonly methods: readonly SecondFactorMethod[];
}

const DONE = {
  email_verify: 'Your email is confirmed.',
  email_change: 'Your account has its new email.',
} as const;
const ALL: readonly SecondFactorMethod[] = ['totp', 'passkey', 'recovery_code'];

/** Waits for the user's consent: a link that acts by itself could sign its reader in as its sender. */
export function MailedLinkPage({
  link: { kind, value },
  onDone,
}: Leaves & { readonly link: MailedLink }) {
  const [due, setDue] = useState<SecondStepDue>();
  if (due ?? kind === 'ticket')
    return <SecondStep due={due ?? { ticket: value, methods: ALL }} onDone={onDone} />;
  switch (kind) {
    case 'password_reset':
      return <NewPassword token={value} onDone={onDone} />;
    case 'magic_link':
      return <SignInByLink token={value} onDone={onDone} onDue={setDue} />;
    case 'email_verify':
    case 'email_change':
      return <ConfirmEmail kind={kind} token={value} onDone={onDone} />;
    default:
      return (
        <Frame
          title="That did not sign you in"
          notice="The provider refused, or the sign-in took too long."
        >
          <Leave text="Go on" onDone={onDone} />
        </Frame>
      );
  }
}

function NewPassword({ token, onDone }: LinkProps) {
  return (
    <Frame title="Set a new password">
      <Form
        submit="Set the password"
        beside={<Leave text="Not now" onDone={onDone} />}
        onSubmit={async ({ newPassword = '' }) => {
          await resetPassword(client, { token, newPassword });
          // the user who was signed in here is signed out by now
          await client.refresh();
          onDone('password_reset');
        }}
      >
        <p>Every session ends, wherever it is. Then sign in with the new password.</p>
        <NewPasswordField label="New password" name="newPassword" />
      </Form>
    </Frame>
  );
}

function SignInByLink({
  token,
  onDone,
  onDue,
}: LinkProps & { readonly onDue: (due: SecondStepDue) => void }) {
  return (
    <Frame title="Sign in without a password">
      <Form
        submit="Sign in"
        beside={<Leave text="Not now" onDone={onDone} />}
        onSubmit={async ({ rememberMe }) => {
          const result = await loginWithMagicLink(client, {
            token,
            rememberMe: rememberMe !== undefined,
          });
          if (result.next) onDue(result);
          else onDone();
        }}
      >
        <p>This browser will be signed in as the person the link was mailed to. Is that you?</p>
        <StaySignedIn />
      </Form>
    </Frame>
  );
}

function ConfirmEmail({ kind, token, onDone }: LinkProps & { readonly kind: keyof typeof DONE }) {
  const announce = useAnnounce();
  const isNew = kind === 'email_change';
  return (
    <Frame title={isNew ? 'Confirm your new email' : 'Confirm your email'}>
      <Form
        submit="Confirm"
        beside={<Leave text="Not now" onDone={onDone} />}
        onSubmit={async () => {
          await verifyEmail(client, token);
          announce(DONE[kind]);
          location.hash = 'account';
          onDone();
        }}
      >
        <p>
          {isNew
            ? 'From now on your account has the address that this was mailed to.'
            : 'The address that this was mailed to belongs to you.'}
        </p>
      </Form>
    </Frame>
  );
}

function Leave({ text, onDone }: Leaves & { readonly text: string }) {
  return (
    <button
      type="button"
      onClick={() => {
        onDone();
      }}
    >
      {text}
    </button>
  );
}
