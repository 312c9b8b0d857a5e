import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SystemClock } from '../../common/clock.js';
import { SystemEntropy } from '../../common/entropy.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { NewSession } from '../../storage/session.js';
import type { Replacement } from '../../storage/session-store.port.js';
import { MemoryDatabase } from '../../testing/memory-database.js';
import { MemorySessionStore } from '../../testing/memory-session.store.js';
import { RefreshSecrets } from './refresh-secrets.js';
import { SessionService } from './session.service.js';

const HOUR_MS = 3_600_000;
const options = { refreshToken: { ttlMs: HOUR_MS, rememberMeTtlMs: HOUR_MS } };
const ring = RefreshSecrets.parse([`p:${randomBytes(32).toString('base64url')}`]);

/** A store of a host that was written before `work` came. */
class ForgetfulStore extends MemorySessionStore {
  override open(session: NewSession) {
    return super.open(session);
  }

  override replace(replacement: Replacement) {
    return super.replace(replacement, {});
  }

  override replaceAndEndOthers(replacement: Replacement) {
    return super.replaceAndEndOthers(replacement, {});
  }
}

describe('a store that leaves out what is to be done with a session', () => {
  const store = new ForgetfulStore(new MemoryDatabase(new SystemClock()), { users: 'elsewhere' });
  const service = new SessionService(
    store,
    ring,
    options as ResolvedAuthOptions,
    new SystemEntropy(),
  );
  const sessionId = randomUUID();
  const session = {
    sessionId,
    subject: 'ann',
    expected: { tokenVersion: 1, epoch: 1 },
    transport: 'bearer',
    persistent: false,
    authTime: new Date(),
    amr: ['pwd'],
    absoluteTtlMs: HOUR_MS,
    maxPerUser: 10,
    idleTtlMs: HOUR_MS,
  } as const;
  const work = () => Promise.resolve();

  it('gives no tokens to whoever signs in by a link', async () => {
    await expect(service.open(session, {}, work)).rejects.toMatchObject({
      reason: 'configuration_invalid',
    });
  });

  it.each(['reauthenticated', 'passwordChanged'] as const)(
    'reports no success: %s',
    async (how) => {
      const own = { ...session, sessionId: randomUUID() };
      await service.open(own, {});
      const change = {
        sessionId: own.sessionId,
        subject: 'ann',
        expected: session.expected,
        amr: ['pwd'],
        authTime: session.authTime,
      };
      await expect(service[how](change, work)).rejects.toMatchObject({
        reason: 'configuration_invalid',
      });
    },
  );
});
