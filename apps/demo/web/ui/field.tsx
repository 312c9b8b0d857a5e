import { type InputHTMLAttributes, type ReactNode, useId } from 'react';
import { useFailureAt } from './form.js';

interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'id'> {
  readonly label: string;
  readonly name: string;
  readonly hint?: string | undefined;
  /** Shown inside the input, at its end. */
  readonly button?: ReactNode;
}

/** A labelled input; hint and failure belong to it for screen readers too. */
export function Field({ label, hint, button, ...input }: FieldProps) {
  const id = useId();
  const failure = useFailureAt(input.name);
  const described = [failure && `${id}-failure`, hint && `${id}-hint`].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className={button ? 'with-button' : undefined}>
        <input
          id={id}
          aria-invalid={failure === undefined ? undefined : true}
          aria-describedby={described || undefined}
          {...input}
        />
        {button}
      </div>
      {failure && (
        <p className="wrong" id={`${id}-failure`}>
          {failure}
        </p>
      )}
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
