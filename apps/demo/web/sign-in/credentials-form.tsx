import { call } from '../api/call.js';
import { client } from '../api/client.js';
import { Failure } from '../ui/failure.js';
import { Field } from '../ui/field.js';
import { PasswordField } from '../ui/password-field.js';
import { useAction } from '../ui/use-action.js';

const LEAST_PASSWORD_LENGTH = 8;

export function CredentialsForm({ mode }: { readonly mode: 'sign-in' | 'register' }) {
  const { busy, failure, run } = useAction();
  const registering = mode === 'register';
  const submit = (form: FormData): void => {
    const text = (name: string): string => String(form.get(name) ?? '');
    const email = text('email');
    const password = text('password');
    void run(async () => {
      if (registering)
        await call('POST', '/auth/register', { email, password, name: text('name').trim() || undefined });
      await client.login({ email, password, rememberMe: form.has('rememberMe') });
    }, 'Email or password is not right.');
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit(new FormData(event.currentTarget));
      }}
    >
      <Field
        label="Email"
        name="email"
        type="email"
        autoComplete="username"
        autoCapitalize="none"
        maxLength={320}
        required
      />
      {registering && <Field label="Name (optional)" name="name" autoComplete="name" maxLength={200} />}
      <PasswordField
        label="Password"
        name="password"
        autoComplete={registering ? 'new-password' : 'current-password'}
        minLength={registering ? LEAST_PASSWORD_LENGTH : undefined}
        hint={
          registering ? 'At least 8 characters, and none of the common ones. A sentence is good.' : undefined
        }
      />
      <label className="check">
        <input type="checkbox" name="rememberMe" />
        <span>
          Remember me
          <span className="hint">90 days of absence instead of 30</span>
        </span>
      </label>
      <Failure text={failure} />
      <button className="primary wide" disabled={busy}>
        {registering ? 'Create account' : 'Sign in'}
      </button>
    </form>
  );
}
