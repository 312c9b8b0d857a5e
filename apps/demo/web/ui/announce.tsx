import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';

const SHOWN_FOR_MS = 6_000;
const Announce = createContext<(text: string) => void>(() => undefined);

/** Announces a completed action to screen readers, and shows it for a moment. */
export function useAnnounce(): (text: string) => void {
  return useContext(Announce);
}

interface AnnouncerProps {
  /** A change of this value clears the announcement. */
  readonly scope: string;
  readonly children: ReactNode;
}

export function Announcer({ scope, children }: AnnouncerProps) {
  const [said, setSaid] = useState({ text: '', count: 0 });
  const announce = useCallback((text: string) => {
    setSaid(({ count }) => ({ text, count: count + 1 }));
  }, []);
  useEffect(() => {
    announce('');
  }, [scope, announce]);
  useEffect(() => {
    if (!said.text) return;
    const timer = setTimeout(() => {
      announce('');
    }, SHOWN_FOR_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [said, announce]);
  return (
    <Announce value={announce}>
      {children}
      <div role="status" className={said.text ? 'toast' : undefined}>
        {said.text}
      </div>
    </Announce>
  );
}
