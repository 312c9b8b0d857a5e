import type { SecondFactorDue } from '@tokenward/client';
import { register } from '@tokenward/client/account';
import { client } from '../api/client.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { EmailField } from '../ui/email-field.js';
import { NewPasswordField, PasswordField } from '../ui/password-field.js';
import { StaySignedIn } from './stay-signed-in.js';

interface CredentialsFormProps {
  readonly mode: 'sign-in' | 'register';
  readonly onDue: (due: SecondFactorDue) => void;
}

export function CredentialsForm({ mode, onDue }: CredentialsFormProps) {
  const registering = mode === 'register';
  return (
    <Form
      submit={registering ? 'Create account' : 'Sign in'}
      look="primary wide"
      refused={{ text: 'Email or password is not right.', field: 'password' }}
      onSubmit={async ({ email = '', password = '', name = '', rememberMe }) => {
        if (registering)
          await register(client, { email, password, ...(name.trim() && { name: name.trim() }) });
        const result = await client.login({
          email,
          password,
          rememberMe: rememberMe !== undefined,
        });
        if (result.next) onDue(result);
      }}
    >
      <EmailField autoComplete={registering ? 'username' : 'username webauthn'} />
      {registering && (
        <Field label="Name (optional)" name="name" autoComplete="name" maxLength={200} />
      )}
      {registering ? (
        <NewPasswordField label="Password" name="password" />
      ) : (
        <PasswordField label="Password" name="password" autoComplete="current-password" />
      )}
      <StaySignedIn />
    </Form>
  );
}
