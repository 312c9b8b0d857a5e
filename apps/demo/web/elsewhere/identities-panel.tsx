import { type IdentityBody, linkIdentity, unlinkIdentity } from '@tokenward/client/account';
import { caller } from '../api/client.js';
import { useResource } from '../api/use-resource.js';
import { useAnnounce } from '../ui/announce.js';
import { Failure } from '../ui/failure.js';
import { Ago } from '../ui/moment.js';
import { useAction } from '../ui/use-action.js';
import { titleOf, useProviders } from './providers.js';

/** `version`: changes when the list may have changed; `now`: see `Ago`. Renders nothing if the demo has no provider. */
export function IdentitiesPanel({
  version,
  now,
}: {
  readonly version: unknown;
  readonly now: number;
}) {
  const { data: providers = [] } = useProviders();
  return providers.length > 0 && <Identities {...{ providers, version, now }} />;
}

interface IdentitiesProps {
  readonly providers: readonly string[];
  readonly version: unknown;
  readonly now: number;
}

function Identities({ providers, version, now }: IdentitiesProps) {
  const { data, failure, reload } = useResource<readonly IdentityBody[]>(
    '/auth/oidc/identities',
    version,
  );
  const announce = useAnnounce();
  const action = useAction();
  const link = (provider: string): void => {
    void action.run(async () => {
      location.assign(await linkIdentity(caller, { provider, returnTo: '/' }));
    });
  };
  const unlink = (provider: string): void => {
    void action.run(async () => {
      await unlinkIdentity(caller, provider);
      announce(`${titleOf(provider)} is unlinked.`);
      reload();
    });
  };
  return (
    <div className="panel">
      <h2>Sign-in elsewhere</h2>
      <ul className="factors" aria-label="Where you may sign in">
        {providers.map((provider) => {
          const linked = data?.find((each) => each.provider === provider);
          return (
            <Identity
              key={provider}
              {...{ provider, linked, now }}
              busy={action.busy}
              onClick={linked ? unlink : link}
            />
          );
        })}
      </ul>
      <Failure text={action.failure ?? failure} />
    </div>
  );
}

interface IdentityProps {
  readonly provider: string;
  /** Undefined: not linked. */
  readonly linked: IdentityBody | undefined;
  readonly now: number;
  readonly busy: boolean;
  readonly onClick: (provider: string) => void;
}

function Identity({ provider, linked, now, busy, onClick }: IdentityProps) {
  return (
    <li>
      <div>
        <p className="name">{titleOf(provider)}</p>
        <p className="hint">
          {linked ? (
            <>
              {linked.email ?? 'Linked'}, since <Ago at={linked.linkedAt} now={now} />
            </>
          ) : (
            'Not linked'
          )}
        </p>
      </div>
      <button
        aria-disabled={busy}
        aria-label={`${linked ? 'Unlink' : 'Link'} ${titleOf(provider)}`}
        onClick={() => {
          onClick(provider);
        }}
      >
        {linked ? 'Unlink' : 'Link'}
      </button>
    </li>
  );
}
