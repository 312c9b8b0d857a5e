import { Field } from './field.js';

interface EmailFieldProps {
  readonly label?: string;
  readonly autoComplete: string;
}

export function EmailField({ label = 'Email', autoComplete }: EmailFieldProps) {
  return (
    <Field
      {...{ label, autoComplete }}
      name="email"
      type="email"
      autoCapitalize="none"
      maxLength={320}
      required
    />
  );
}
