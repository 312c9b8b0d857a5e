import { useState } from 'react';
import { askForMagicLink, forgotPassword } from '@tokenward/client/account';
import { client } from '../api/client.js';
import { EmailField } from '../ui/email-field.js';
import { Form } from '../ui/form.js';

const KINDS = {
  password_reset: {
    ask: forgotPassword,
    said: 'You get a link that sets a new one. It works once, for half an hour.',
  },
  magic_link: {
    ask: askForMagicLink,
    said: 'You get a link that signs you in. It works once, for ten minutes.',
  },
} as const;

/** Only the owner of an address learns whether it has an account. */
export function AskForLink({ kind }: { readonly kind: keyof typeof KINDS }) {
  const { ask, said } = KINDS[kind];
  const [asked, setAsked] = useState<string>();
  return (
    <>
      <Form
        submit="Send the link"
        look="primary wide"
        onSubmit={async ({ email = '' }) => {
          await ask(client, email);
          setAsked(email);
        }}
      >
        <p>{said}</p>
        <EmailField autoComplete="username" />
      </Form>
      <p role="status">
        {asked !== undefined && (
          <>
            If {asked} has an account here, a mail is on its way:{' '}
            <a href="#mailbox">open the mailbox</a>.
          </>
        )}
      </p>
    </>
  );
}
