import { useState } from 'react';
import { call } from '../api/call.js';
import type { ApiKey } from '../api/models.js';
import { useResource } from '../api/use-resource.js';
import { useAnnounce } from '../ui/announce.js';
import { Failure } from '../ui/failure.js';
import { Field } from '../ui/field.js';
import { focusHeading } from '../ui/focus.js';
import { Form } from '../ui/form.js';
import { useAction } from '../ui/use-action.js';
import { ApiKeyList } from './api-key-list.js';
import { NewApiKey } from './new-api-key.js';

const ROUTE = '/auth/api-keys';

/** `now`: see `Ago`. Renders nothing if the demo has no API keys. */
export function ApiKeysPanel({ now }: { readonly now: number }) {
  const { data: keys, failure, reload } = useResource<readonly ApiKey[]>(ROUTE);
  const [made, setMade] = useState<string>();
  const announce = useAnnounce();
  const action = useAction();
  const remove = ({ id, name }: ApiKey): void => {
    void action.run(async () => {
      await call('DELETE', `${ROUTE}/${id}`);
      announce(`The key “${name}” is deleted, and refused everywhere.`);
      reload();
      focusHeading();
    });
  };
  if (!keys) return false;
  return (
    <div className="panel">
      <h2>API keys</h2>
      <p>
        A key lets a machine act for you. It does not prove that it is you, and it cannot change
        anything on this page.
      </p>
      <ApiKeyList {...{ keys, now }} busy={action.busy} onDelete={remove} />
      <Failure text={action.failure ?? failure} />
      <NewKeyForm
        onMade={(key) => {
          setMade(key);
          reload();
        }}
      />
      {made !== undefined && (
        <NewApiKey
          value={made}
          onClose={() => {
            setMade(undefined);
          }}
        />
      )}
    </div>
  );
}

function NewKeyForm({ onMade }: { readonly onMade: (key: string) => void }) {
  return (
    <Form
      submit="Make a key"
      look=""
      onSubmit={async ({ name = '' }) => {
        const { key } = await call<{ key: string }>('POST', ROUTE, { name: name.trim() });
        onMade(key);
      }}
    >
      <Field
        label="What the key is for"
        name="name"
        required
        maxLength={60}
        autoComplete="off"
        hint="Its name in the list: deploy, backup."
      />
    </Form>
  );
}
