import { Field } from '../ui/field.js';

/** Six digits of an authenticator app. */
export function CodeField({ label }: { readonly label: string }) {
  return (
    <Field
      label={label}
      name="code"
      inputMode="numeric"
      autoComplete="one-time-code"
      pattern="\s*\d{3}\s?\d{3}\s*"
      title="six digits"
      required
    />
  );
}
