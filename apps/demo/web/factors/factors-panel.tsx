import { useState } from 'react';
import { type FactorBody, removeFactor, renewRecoveryCodes } from '@tokenward/client/factors';
import { caller } from '../api/client.js';
import { useResource } from '../api/use-resource.js';
import { useAnnounce } from '../ui/announce.js';
import { Failure } from '../ui/failure.js';
import { focusHeading } from '../ui/focus.js';
import { useAction } from '../ui/use-action.js';
import { Waiting } from '../ui/waiting.js';
import { AddPasskey } from './add-passkey.js';
import { AddTotp } from './add-totp.js';
import { FactorList, nameOf } from './factor-list.js';
import { RecoveryCodes } from './recovery-codes.js';

type Open = 'totp' | 'passkey' | { readonly codes: readonly string[] };

/** `version`: changes when the list may have changed; `now`: see `Ago`. */
export function FactorsPanel({
  version,
  now,
}: {
  readonly version: unknown;
  readonly now: number;
}) {
  const {
    data: factors,
    failure,
    reload,
  } = useResource<readonly FactorBody[]>('/auth/factors', version);
  const [open, setOpen] = useState<Open>();
  const announce = useAnnounce();
  const action = useAction();
  const close = (): void => {
    setOpen(undefined);
  };
  const remove = (factor: FactorBody): void => {
    void action.run(async () => {
      await removeFactor(caller, factor.id);
      announce(`${nameOf(factor)} is removed.`);
      reload();
      focusHeading();
    });
  };
  const renew = (): void => {
    void action.run(async () => {
      setOpen({ codes: await renewRecoveryCodes(caller) });
    });
  };
  return (
    <div className="panel">
      <h2>Second factors</h2>
      <p>
        An app or a passkey is asked for after the password. A passkey also signs in by itself,
        without a name.
      </p>
      {!factors && !failure && <Waiting />}
      {factors && <FactorList {...{ factors, now }} busy={action.busy} onRemove={remove} />}
      <Failure text={action.failure ?? failure} />
      <Actions
        hasFactors={!!factors && factors.length > 0}
        busy={action.busy}
        onAdd={setOpen}
        onRenew={renew}
      />
      {open && (
        <OpenDialog
          open={open}
          onClose={close}
          onAdded={(text, codes) => {
            announce(text);
            setOpen(codes && { codes });
            reload();
          }}
        />
      )}
    </div>
  );
}

function Actions({
  hasFactors,
  busy,
  onAdd,
  onRenew,
}: {
  readonly hasFactors: boolean;
  readonly busy: boolean;
  readonly onAdd: (kind: 'totp' | 'passkey') => void;
  readonly onRenew: () => void;
}) {
  return (
    <div className="actions">
      <button
        onClick={() => {
          onAdd('totp');
        }}
      >
        Add an authenticator app
      </button>
      <button
        onClick={() => {
          onAdd('passkey');
        }}
      >
        Add a passkey
      </button>
      {hasFactors && (
        <button aria-disabled={busy} onClick={onRenew}>
          New recovery codes
        </button>
      )}
    </div>
  );
}

function OpenDialog({
  open,
  onClose,
  onAdded,
}: {
  readonly open: Open;
  readonly onClose: () => void;
  /** `codes`: recovery codes, at the first factor. */
  readonly onAdded: (text: string, codes?: readonly string[]) => void;
}) {
  switch (open) {
    case 'totp':
      return (
        <AddTotp
          onClose={onClose}
          onDone={(codes) => {
            onAdded('The app is added.', codes);
          }}
        />
      );
    case 'passkey':
      return (
        <AddPasskey
          onClose={onClose}
          onDone={() => {
            onAdded('The passkey is added.');
          }}
        />
      );
    default:
      return <RecoveryCodes codes={open.codes} onClose={onClose} />;
  }
}
