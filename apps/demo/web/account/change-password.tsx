import { useRef } from 'react';
import { client } from '../api/client.js';
import { useAnnounce } from '../ui/announce.js';
import { Failure } from '../ui/failure.js';
import { PasswordField } from '../ui/password-field.js';
import { useAction } from '../ui/use-action.js';

export function ChangePassword({ email }: { readonly email: string }) {
  const announce = useAnnounce();
  const { busy, failure, run } = useAction();
  const ref = useRef<HTMLFormElement>(null);
  const submit = (form: FormData): void => {
    void run(async () => {
      await client.changePassword(String(form.get('current')), String(form.get('new')));
      ref.current?.reset();
      announce('The password is changed. Every other session was ended.');
    }, 'The current password is not right.');
  };
  return (
    <form
      ref={ref}
      className="panel"
      onSubmit={(event) => {
        event.preventDefault();
        submit(new FormData(event.currentTarget));
      }}
    >
      <h2>Change the password</h2>
      <p>
        Every other session ends, and every access token issued before is void, this page’s too: it gets a new
        one.
      </p>
      {/* for password managers */}
      <input hidden type="email" autoComplete="username" value={email} readOnly />
      <PasswordField label="Current password" name="current" autoComplete="current-password" />
      <PasswordField
        label="New password"
        name="new"
        autoComplete="new-password"
        hint="At least 8 characters."
        minLength={8}
      />
      <Failure text={failure} />
      <button className="primary" disabled={busy}>
        Change password
      </button>
    </form>
  );
}
