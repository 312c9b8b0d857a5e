import { useState } from 'react';
import { Field } from './field.js';

interface PasswordFieldProps {
  readonly label: string;
  readonly name: string;
  readonly autoComplete: 'current-password' | 'new-password';
  readonly hint?: string | undefined;
  readonly minLength?: number | undefined;
}

export function PasswordField(props: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  return (
    <Field
      type={shown ? 'text' : 'password'}
      required
      spellCheck={false}
      autoCapitalize="none"
      {...props}
      button={
        <button
          type="button"
          className="quiet"
          aria-pressed={shown}
          aria-label={`Show ${props.label.toLowerCase()}`}
          onClick={() => {
            setShown(!shown);
          }}
        >
          {shown ? 'Hide' : 'Show'}
        </button>
      }
    />
  );
}

/** With the rule that the server enforces. */
export function NewPasswordField({ label, name }: Pick<PasswordFieldProps, 'label' | 'name'>) {
  return (
    <PasswordField
      {...{ label, name }}
      autoComplete="new-password"
      minLength={8}
      hint="At least 8 characters, and none of the common ones. A sentence is good."
    />
  );
}
