import type { Mail } from '../api/models.js';
import { useResource } from '../api/use-resource.js';
import { useNow } from '../format/use-now.js';
import { Failure } from '../ui/failure.js';
import { Ago } from '../ui/moment.js';
import { Waiting } from '../ui/waiting.js';

const REFUSED = { text: 'The mailbox can only be read on the machine of the demo.' };
const SUBJECTS: Readonly<Record<string, string>> = {
  password_reset: 'Set a new password',
  magic_link: 'Sign in without a password',
  email_verify: 'Confirm your email',
  email_change: 'Confirm your new email',
  email_change_notice: 'Somebody asked to change your email',
  email_taken_notice: 'Somebody asked to use your email for their account',
  password_changed: 'Your password was changed',
  factor_changed: 'Your second factors were changed',
  new_device: 'A sign-in from a new device',
};

/** The mails of the demo, which do not leave the machine. */
export function MailList() {
  const now = useNow(2_000);
  const { data: mails, failure } = useResource<readonly Mail[]>('/mailbox', now, REFUSED);
  return (
    <>
      <Failure text={failure} />
      {!mails && !failure && <Waiting />}
      {mails?.length === 0 && <p className="empty">No mail yet.</p>}
      <ol className="mails" aria-label="Mails, the newest first">
        {mails?.map(({ at, kind, to, token }) => (
          <li key={`${at} ${to} ${kind}`}>
            <p>
              {token ? (
                <a href={`#${kind}=${token}`}>{SUBJECTS[kind] ?? kind}</a>
              ) : (
                (SUBJECTS[kind] ?? kind)
              )}
            </p>
            <p className="hint">
              To {to}, <Ago at={at} now={now} />
            </p>
          </li>
        ))}
      </ol>
    </>
  );
}
