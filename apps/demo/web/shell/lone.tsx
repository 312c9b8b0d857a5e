import type { ReactNode } from 'react';
import { Mark } from '../ui/mark.js';

/** Instead of the page: what is wrong, and how to go on. */
export function Lone({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <main className="lone">
      <Mark />
      <h1>{title}</h1>
      <p>{children}</p>
      <button
        className="primary"
        onClick={() => {
          location.reload();
        }}
      >
        Try again
      </button>
    </main>
  );
}
