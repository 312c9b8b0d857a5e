import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { AuthEvent } from '../../storage/auth-event.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { Mailer } from './mailer.service.js';

const ALLOWED_UNDER_WAY = 1_000;
const MAIL = { kind: 'email_taken_notice', to: 'ann@example.com', userId: 'ann' } as const;

describe('a mail function that never answers', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('causes a `mail.failed` event for each mail that is left out', () => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const heard: AuthEvent[] = [];
    const events = new AuthEventPublisher(new ManualClock(), {
      onAuthEvent: (event) => void heard.push(event),
    });
    const mail = jest.fn(() => new Promise<void>(() => undefined));
    const mailer = new Mailer({ accounts: { mail } } as unknown as ResolvedAuthOptions, events);
    for (let n = 0; n < ALLOWED_UNDER_WAY; n++) mailer.send(MAIL);
    expect([mail.mock.calls.length, heard]).toEqual([ALLOWED_UNDER_WAY, []]);
    mailer.send(MAIL);
    expect(mail).toHaveBeenCalledTimes(ALLOWED_UNDER_WAY);
    expect(heard).toMatchObject([{ type: 'mail.failed', kind: MAIL.kind, userId: 'ann' }]);
  });
});
