import { useEffect, useState } from 'react';

const KINDS = [
  'password_reset',
  'email_verify',
  'email_change',
  'magic_link',
  'ticket',
  'error',
] as const;

/** What a mailed link, or a sign-in at a provider, brings to this page. */
export interface MailedLink {
  readonly kind: (typeof KINDS)[number];
  /** The token; for `ticket` the ticket of a second step, for `error` the error code. */
  readonly value: string;
}

/** `#magic_link=…`: a fragment does not reach a server's log or a Referer. */
export function mailedLinkIn(hash: string): MailedLink | undefined {
  const [, name, value = ''] = /^#(\w+)=([\w.~-]+)$/.exec(hash) ?? [];
  const kind = KINDS.find((each) => each === name);
  return kind && { kind, value };
}

/**
 * The link that opened the page, until it is set to undefined. It is removed at once from the address bar and the
 * history.
 */
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
