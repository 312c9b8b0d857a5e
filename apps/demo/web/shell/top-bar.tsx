import type { Account } from '../api/models.js';
import { client } from '../api/client.js';
import { useAnnounce } from '../ui/announce.js';
import { Mark } from '../ui/mark.js';
import { useAction } from '../ui/use-action.js';
import { ROUTES, type Route } from './use-route.js';

interface TopBarProps {
  readonly account: Account | undefined;
  readonly route: Route;
}

export function TopBar({ account, route }: TopBarProps) {
  const announce = useAnnounce();
  const { busy, run } = useAction();
  const signOut = async (): Promise<void> => {
    await client.logout().catch(() => {
      announce(
        'You are still signed in: the server could not end the session. Try again in a moment.',
      );
    });
  };
  return (
    <header className="top-bar">
      <a className="brand" href="#sessions">
        <Mark />
        Tokenward
      </a>
      <nav aria-label="Pages">
        {ROUTES.filter((name) => name !== 'users' || account?.role === 'admin').map((name) => (
          <a key={name} href={`#${name}`} aria-current={name === route ? 'page' : undefined}>
            {name.charAt(0).toUpperCase() + name.slice(1)}
          </a>
        ))}
      </nav>
      <div className="person">
        <span className="email" title={account?.email}>
          {account?.email}
        </span>
        <button aria-disabled={busy} onClick={() => void run(signOut)}>
          Sign out
        </button>
      </div>
    </header>
  );
}
