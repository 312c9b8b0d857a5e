import type { ApiKey } from '../api/models.js';
import { Ago } from '../ui/moment.js';

interface ApiKeyListProps {
  readonly keys: readonly ApiKey[];
  readonly now: number;
  readonly busy: boolean;
  readonly onDelete: (key: ApiKey) => void;
}

export function ApiKeyList({ keys, now, busy, onDelete }: ApiKeyListProps) {
  if (keys.length === 0) return <p className="empty">None yet.</p>;
  return (
    <ul className="factors" aria-label="Your API keys">
      {keys.map((key, index) => (
        <li key={key.id}>
          <div>
            <p className="name">{key.name}</p>
            <p className="hint">
              Made <Ago at={key.createdAt} now={now} />
              {key.lastUsedAt ? (
                <>
                  , last used <Ago at={key.lastUsedAt} now={now} />
                </>
              ) : (
                ', never used'
              )}
            </p>
          </div>
          <button
            aria-disabled={busy}
            aria-label={`Delete the key ${key.name}, number ${String(index + 1)}`}
            onClick={() => {
              onDelete(key);
            }}
          >
            Delete
          </button>
        </li>
      ))}
    </ul>
  );
}
