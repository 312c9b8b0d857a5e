import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { type Said, sayError } from '../api/say-error.js';
import { Failure } from './failure.js';

const Failed = createContext<Said | undefined>(undefined);

/** The error of the input with that name. */
export function useFailureAt(name: string | undefined): string | undefined {
  const said = useContext(Failed);
  return said?.field !== undefined && said.field === name ? said.text : undefined;
}

interface FormProps {
  /** The text of the submit button. */
  readonly submit: string;
  readonly look?: string;
  readonly className?: string;
  /** The text for a 401 or 403 here. */
  readonly refused?: Said;
  /** Values of the inputs by name; an empty input is ''. */
  readonly onSubmit: (values: Readonly<Record<string, string>>) => Promise<unknown>;
  readonly children?: ReactNode;
  /** Further buttons. */
  readonly beside?: ReactNode;
}

/** Shows an error at its input, which gets the focus, or else above the button. The form is cleared after success. */
export function Form({
  submit,
  look = 'primary',
  className,
  refused,
  onSubmit,
  children,
  beside,
}: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Said>();
  const inputOf = (said: Said | undefined) => {
    const input = said?.field === undefined ? null : form.current?.elements.namedItem(said.field);
    return input instanceof HTMLInputElement ? input : undefined;
  };
  useEffect(() => {
    const input = inputOf(failure);
    input?.focus();
    input?.select();
  }, [failure]);

  const send = async (element: HTMLFormElement): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setFailure(undefined);
    try {
      const entries = [...new FormData(element)].map(
        ([name, value]) => [name, String(value)] as const,
      );
      await onSubmit(Object.fromEntries(entries));
      element.reset();
    } catch (error) {
      const said = sayError(error, refused);
      setFailure(said && { text: said.text, field: inputOf(said)?.name });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Failed value={failure}>
      <form
        ref={form}
        className={className}
        onSubmit={(event) => {
          event.preventDefault();
          void send(event.currentTarget);
        }}
      >
        {children}
        <Failure text={failure?.field === undefined ? failure?.text : undefined} />
        <div className="actions">
          <button className={look} aria-disabled={busy}>
            {submit}
          </button>
          {beside}
        </div>
      </form>
    </Failed>
  );
}
