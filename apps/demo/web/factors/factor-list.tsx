import type { FactorBody } from '@tokenward/client/factors';
import { Ago } from '../ui/moment.js';

const KINDS = { totp: 'Authenticator app', passkey: 'Passkey' } as const;

export function nameOf({ kind, name }: FactorBody): string {
  return name ? `${KINDS[kind]} “${name}”` : KINDS[kind];
}

interface FactorListProps {
  readonly factors: readonly FactorBody[];
  readonly now: number;
  readonly busy: boolean;
  readonly onRemove: (factor: FactorBody) => void;
}

export function FactorList({ factors, now, busy, onRemove }: FactorListProps) {
  if (factors.length === 0)
    return <p className="empty">None yet: the password is all that it takes.</p>;
  return (
    <ul className="factors" aria-label="Your second factors">
      {factors.map((factor, index) => (
        <li key={factor.id}>
          <div>
            <p className="name">{nameOf(factor)}</p>
            <p className="hint">
              Added <Ago at={factor.createdAt} now={now} />
              {factor.lastUsedAt && (
                <>
                  , last used <Ago at={factor.lastUsedAt} now={now} />
                </>
              )}
              {factor.backedUp === true &&
                '. Synchronised: it comes back with its provider’s account.'}
              {factor.backedUp === false && '. On one device alone: add another one.'}
            </p>
          </div>
          <button
            aria-disabled={busy}
            aria-label={`Remove ${nameOf(factor)}, number ${String(index + 1)}`}
            onClick={() => {
              onRemove(factor);
            }}
          >
            Remove
          </button>
        </li>
      ))}
    </ul>
  );
}
