import type { ReactNode } from 'react';
import { Mark } from '../ui/mark.js';

/** Replaces the page: shows what is wrong, and how to continue. */
export function Lone({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}) {
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
