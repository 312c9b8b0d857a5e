import { client } from '../api/client.js';
import { useAnnounce } from '../ui/announce.js';
import { Form } from '../ui/form.js';
import { NewPasswordField, PasswordField } from '../ui/password-field.js';

export function ChangePassword({ email }: { readonly email: string }) {
  const announce = useAnnounce();
  return (
    <Form
      className="panel"
      submit="Change password"
      refused={{ text: 'The current password is not right.', field: 'currentPassword' }}
      onSubmit={async ({ currentPassword = '', newPassword = '' }) => {
        await client.changePassword(currentPassword, newPassword);
        announce('The password is changed. Every other session was ended.');
      }}
    >
      <h2>Change the password</h2>
      <p>
        Every other session ends, and every access token issued before is void. This page gets a new
        one.
      </p>
      {/* for password managers */}
      <input hidden type="email" autoComplete="username" value={email} readOnly />
      <PasswordField
        label="Current password"
        name="currentPassword"
        autoComplete="current-password"
      />
      <NewPasswordField label="New password" name="newPassword" />
    </Form>
  );
}
