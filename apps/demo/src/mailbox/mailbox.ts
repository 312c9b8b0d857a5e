import type { AccountMail } from '@tokenward/nestjs/options';

export interface Message {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly kind: AccountMail['kind'];
  readonly to: string;
  readonly token?: string;
  readonly url?: string;
}

const MOST = 100;

/** Keeps mails on this machine instead of sending them, the newest first. */
export class Mailbox {
  private messages: readonly Message[] = [];

  take(mail: AccountMail): void {
    const { kind, to } = mail;
    const link =
      'token' in mail
        ? { token: mail.token, ...(mail.url !== undefined && { url: mail.url }) }
        : {};
    this.messages = [{ at: new Date().toISOString(), kind, to, ...link }, ...this.messages].slice(
      0,
      MOST,
    );
  }

  list(): readonly Message[] {
    return this.messages;
  }
}
