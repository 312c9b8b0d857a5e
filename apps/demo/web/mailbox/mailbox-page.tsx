import { MailList } from './mail-list.js';

export function MailboxPage() {
  return (
    <section>
      <div className="heading">
        <div>
          <h1 tabIndex={-1}>Mailbox</h1>
          <p className="lead">
            What the demo would have mailed, to anybody. Nothing leaves this machine.
          </p>
        </div>
      </div>
      <MailList />
    </section>
  );
}
