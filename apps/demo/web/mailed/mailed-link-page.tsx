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

interface MailedLinkPageProps {
  readonly link: MailedLink;
  /** Called with the notice for the sign-in page. */
  readonly onDone: (because?: SignedOutBecause) => void;
}

const DONE = {
  email_verify: 'Your email is confirmed.',
  email_change: 'Your account has its new email.',
} as const;
const ALL: readonly SecondFactorMethod[] = ['totp', 'passkey', 'recovery_code'];

/** Waits for the user's consent: a link that acts by itself could sign its reader in as its sender. */
export function MailedLinkPage({ link: { kind, value }, onDone }: MailedLinkPageProps) {
  const announce = useAnnounce();
  const [due, setDue] = useState<{ ticket: string; methods: readonly SecondFactorMethod[] }>();
  const leave = (
    <button
      type="button"
      onClick={() => {
        onDone();
      }}
    >
      Not now
    </button>
  );
  if (due ?? kind === 'ticket')
    return <SecondStep due={due ?? { ticket: value, methods: ALL }} onDone={onDone} />;
  switch (kind) {
    case 'password_reset':
      return (
        <Frame title="Set a new password">
          <Form
            submit="Set the password"
            beside={leave}
            onSubmit={async ({ newPassword = '' }) => {
              await resetPassword(client, { token: value, newPassword });
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
    case 'magic_link':
      return (
        <Frame title="Sign in without a password">
          <Form
            submit="Sign in"
            beside={leave}
            onSubmit={async ({ rememberMe }) => {
              const result = await loginWithMagicLink(client, {
                token: value,
                rememberMe: rememberMe !== undefined,
              });
              if (result.next) setDue(result);
              else onDone();
            }}
          >
            <p>This browser will be signed in as the person the link was mailed to. Is that you?</p>
            <StaySignedIn />
          </Form>
        </Frame>
      );
    case 'email_verify':
    case 'email_change':
      return (
        <Frame title={kind === 'email_verify' ? 'Confirm your email' : 'Confirm your new email'}>
          <Form
            submit="Confirm"
            beside={leave}
            onSubmit={async () => {
              await verifyEmail(client, value);
              announce(DONE[kind]);
              location.hash = 'account';
              onDone();
            }}
          >
            <p>
              {kind === 'email_verify'
                ? 'The address that this was mailed to belongs to you.'
                : 'From now on your account has the address that this was mailed to.'}
            </p>
          </Form>
        </Frame>
      );
    default:
      return (
        <Frame
          title="That did not sign you in"
          notice="The other side refused, or it took too long."
        >
          <button
            onClick={() => {
              onDone();
            }}
          >
            Go on
          </button>
        </Frame>
      );
  }
}
