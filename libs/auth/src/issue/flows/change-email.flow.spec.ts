import { describe, expect, it } from '@jest/globals';
import { SystemEntropy } from '../../common/entropy.js';
import type { Principal } from '../../common/principal.js';
import type { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { AccountMail } from '../../options/account-mail.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { UserDirectory } from '../../storage/user-directory.port.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { MemoryDatabase } from '../../testing/memory-database.js';
import { MemoryOneTimeTokenStore } from '../../testing/memory-one-time-token.store.js';
import { Later } from '../accounts/later.service.js';
import type { MailLimits } from '../accounts/mail-limits.service.js';
import { MailedLinks } from '../accounts/mailed-links.service.js';
import type { Mailer } from '../accounts/mailer.service.js';
import { OneTimeTokens } from '../accounts/one-time-tokens.service.js';
import type { FreshProof } from '../factors/fresh-proof.service.js';
import type { PasswordVerifier } from '../users/password-verifier.service.js';
import { ChangeEmailFlow } from './change-email.flow.js';

const ann = { id: 'ann', email: 'ann@example.com' };
const bob = { id: 'bob', email: 'bob@example.com' };
const subject = { tokenVersion: 1, epoch: 1 };

describe('a change of email', () => {
  // T-m4vd
  it.each([
    ['is taken', bob.email, 'email_taken_notice'],
    ['is free', 'free@example.com', 'email_change'],
  ])(
    'calls the host’s mail function after the answer where the address %s',
    async (_, email, kind) => {
      const sent: AccountMail['kind'][] = [];
      const mailer = {
        send: (mail: AccountMail) => void sent.push(mail.kind),
      } as unknown as Mailer;
      const users = {
        findById: () => Promise.resolve({ account: bob }),
      } as unknown as UserDirectory;
      const events = { publish: () => undefined } as unknown as AuthEventPublisher;
      const clock = new ManualClock();
      const store = new MemoryOneTimeTokenStore(new MemoryDatabase(clock));
      const tokens = new OneTimeTokens(store, new SystemEntropy());
      const later = new Later();
      const verifier = {
        findById: () => Promise.resolve({ account: ann, subject }),
        ownerOf: (asked: string) =>
          Promise.resolve(asked === bob.email ? { account: bob, subject } : undefined),
      } as unknown as PasswordVerifier;
      const limits = {
        admitAddress: () => Promise.resolve(),
        admitAccount: () => Promise.resolve(true),
      };
      const flow = new ChangeEmailFlow(
        { of: () => Promise.resolve() } as unknown as FreshProof,
        limits as unknown as MailLimits,
        users,
        verifier,
        new MailedLinks(tokens, users, mailer, later, events, {} as ResolvedAuthOptions, clock),
        mailer,
        events,
      );
      await flow.request({ id: 'ann', sessionId: 's' } as Principal, email, {});
      expect(sent).toEqual(['email_change_notice']);
      await later.onApplicationShutdown();
      expect(sent).toEqual(['email_change_notice', kind]);
    },
  );
});
