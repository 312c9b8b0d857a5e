import { type ReactNode, useEffect, useRef } from 'react';
import { Mark } from '../ui/mark.js';
import { Lifelines } from './lifelines.js';

interface FrameProps {
  readonly title: string;
  readonly notice?: string | undefined;
  readonly children: ReactNode;
}

/** The frame of every page without a signed-in user. The focus moves to its heading, except on the first page. */
export function Frame({ title, notice, children }: FrameProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const isFirst = document.title === 'Tokenward';
    document.title = `${title} · Tokenward`;
    if (!isFirst) heading.current?.focus();
  }, [title]);
  return (
    <div className="sign-in">
      <aside className="pitch">
        <p className="brand">
          <Mark />
          Tokenward
        </p>
        <div>
          <p className="claim">Tokens that can be taken&nbsp;back.</p>
          <p className="claim-detail">
            Checked in memory, without a look-up. Ended on every server within milliseconds.
          </p>
        </div>
        <Lifelines />
      </aside>
      <main>
        <div className="card">
          {notice && (
            <p className="notice" role="status">
              {notice}
            </p>
          )}
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {children}
        </div>
        <p className="footnote">
          A demo on your own machine: its first start printed two users in the terminal, and what it
          mails is in its <a href="#mailbox">mailbox</a>. The API is described at{' '}
          <a href="/docs">/docs</a>.
        </p>
      </main>
    </div>
  );
}
