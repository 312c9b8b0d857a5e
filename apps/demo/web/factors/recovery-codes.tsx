import { Dialog } from '../ui/dialog.js';

interface RecoveryCodesProps {
  readonly codes: readonly string[];
  readonly onClose: () => void;
}

export function RecoveryCodes({ codes, onClose }: RecoveryCodesProps) {
  return (
    <Dialog title="Your recovery codes" onClose={onClose}>
      <p>
        Each signs you in once when the app or the key is lost. They are shown now and never again:
        write them down, or keep them where your passwords are. Earlier ones are void.
      </p>
      <ol className="codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div className="actions">
        <button className="primary" onClick={onClose}>
          I have kept them
        </button>
      </div>
    </Dialog>
  );
}
