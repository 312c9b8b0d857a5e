import { Dialog } from '../ui/dialog.js';

interface NewApiKeyProps {
  readonly value: string;
  readonly onClose: () => void;
}

export function NewApiKey({ value, onClose }: NewApiKeyProps) {
  return (
    <Dialog title="Your new key" onClose={onClose}>
      <p>
        It is shown now and never again. Send it as <code>Authorization: Bearer</code>, from a
        machine alone.
      </p>
      <p className="secret">
        <code>{value}</code>
      </p>
      <div className="actions">
        <button className="primary" onClick={onClose}>
          I have kept it
        </button>
      </div>
    </Dialog>
  );
}
