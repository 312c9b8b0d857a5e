import { type RefObject, useId, useRef } from 'react';
import { call } from '../api/call.js';
import type { Note } from '../api/models.js';
import { useCaller } from '../api/use-caller.js';
import { useResource } from '../api/use-resource.js';
import { useNow } from '../format/use-now.js';
import { useAnnounce } from '../ui/announce.js';
import { Failure } from '../ui/failure.js';
import { Ago } from '../ui/moment.js';
import { focusHeading } from '../ui/focus.js';
import { useAction } from '../ui/use-action.js';
import { Waiting } from '../ui/waiting.js';

export function NotesPage() {
  const { data: notes, failure, reload } = useResource<Note[]>('/notes');
  const as = useCaller();
  const announce = useAnnounce();
  const action = useAction();
  const now = useNow(10_000);
  const form = useRef<HTMLFormElement>(null);

  const add = (text: string): void => {
    void action.run(async () => {
      await call('POST', '/notes', { text }, as);
      form.current?.reset();
      announce('The note is kept.');
      reload();
    });
  };
  const remove = (note: Note): void => {
    void action.run(async () => {
      await call('DELETE', `/notes/${note.id}`, undefined, as);
      announce('The note is gone.');
      reload();
      focusHeading();
    });
  };

  return (
    <section>
      <div className="heading">
        <div>
          <h1 tabIndex={-1}>Notes</h1>
          <p className="lead">
            Yours alone: every request for them is checked against your token, without a look-up.
          </p>
        </div>
      </div>
      <NewNote form={form} busy={action.busy} onAdd={add} />
      <Failure text={action.failure ?? failure} />
      {!notes && !failure && <Waiting />}
      {notes?.length === 0 && <p className="empty">No notes yet.</p>}
      <NoteList notes={notes ?? []} now={now} busy={action.busy} onRemove={remove} />
    </section>
  );
}

function NewNote({
  form,
  busy,
  onAdd,
}: {
  readonly form: RefObject<HTMLFormElement | null>;
  readonly busy: boolean;
  readonly onAdd: (text: string) => void;
}) {
  const id = useId();
  return (
    <form
      ref={form}
      className="new-note"
      onSubmit={(event) => {
        event.preventDefault();
        onAdd(String(new FormData(event.currentTarget).get('text')));
      }}
    >
      <label htmlFor={id}>New note</label>
      <textarea id={id} name="text" rows={3} maxLength={2000} required />
      <button className="primary" aria-disabled={busy}>
        Add note
      </button>
    </form>
  );
}

function NoteList({
  notes,
  now,
  busy,
  onRemove,
}: {
  readonly notes: readonly Note[];
  readonly now: number;
  readonly busy: boolean;
  readonly onRemove: (note: Note) => void;
}) {
  return (
    <ul className="notes">
      {notes.map((note) => (
        <li key={note.id}>
          <p>{note.text}</p>
          <div>
            <Ago at={note.createdAt} now={now} />
            <button
              className="quiet"
              aria-disabled={busy}
              aria-label={`Delete the note “${note.text.slice(0, 40)}”`}
              onClick={() => {
                onRemove(note);
              }}
            >
              Delete
            </button>
          </div>
        </li>
      ))}
    </ul>
  );
}
