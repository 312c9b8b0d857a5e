import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { type Said, sayError } from '../api/say-error.js';
import { Failure } from './failure.js';

const Failed = createContext<Said | undefined>(undefined);

/** What is wrong with the input of that name. */
export function useFailureAt(name: string | undefined): string | undefined {
  const said = useContext(Failed);
  return said?.field !== undefined && said.field === name ? said.text : undefined;
}

interface FormProps {
  /** Of the button that sends it. */
  readonly submit: string;
  readonly look?: string;
  readonly className?: string;
  /** What a 401 or 403 means here. */
  readonly refused?: Said;
  /** The inputs by their names; empty ones are ''. */
  readonly onSubmit: (values: Readonly<Record<string, string>>) => Promise<unknown>;
  readonly children?: ReactNode;
  /** Further buttons. */
  readonly beside?: ReactNode;
}

/** What goes wrong is told at its input, which gets the focus; else above the button. Empty again when it was right. */
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
      const entries = [...new FormData(element)].map(([name, value]) => [name, String(value)] as const);
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
