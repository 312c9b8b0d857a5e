import { useEffect, useState } from 'react';

const KINDS = ['password_reset', 'email_verify', 'email_change', 'magic_link', 'ticket', 'error'] as const;

/** What a mail, or a sign-in elsewhere, leads to this page with. */
export interface MailedLink {
  readonly kind: (typeof KINDS)[number];
  /** The token; of `ticket` the ticket of a second step, of `error` its code. */
  readonly value: string;
}

/** `#magic_link=…`: the fragment reaches neither a server's log nor a Referer. */
export function mailedLinkIn(hash: string): MailedLink | undefined {
  const [, name, value = ''] = /^#(\w+)=([\w.~-]+)$/.exec(hash) ?? [];
  const kind = KINDS.find((each) => each === name);
  return kind && { kind, value };
}

/** The link that the page was opened with, until it is set to undefined. It leaves the address bar, and the history, at once. */
export function useMailedLink(): readonly [MailedLink | undefined, (link: undefined) => void] {
  const [link, setLink] = useState(() => mailedLinkIn(location.hash));
  useEffect(() => {
    const take = (): void => {
      const found = mailedLinkIn(location.hash);
      if (!found) return;
      history.replaceState(null, '', location.pathname);
      setLink(found);
    };
    take();
    addEventListener('hashchange', take);
    return () => {
      removeEventListener('hashchange', take);
    };
  }, []);
  return [link, setLink];
}
