import { Injectable } from '@nestjs/common';
import type { HostTransaction } from '../common/host-transaction.js';
import { AuditRecorder } from '../events/audit-recorder.service.js';
import { AuthEventPublisher } from '../events/auth-event-publisher.service.js';
import { RevocationService } from '../revocation/revocation.service.js';
import type { Session } from '../sessions/session.js';
import { PepperRotation } from '../sessions/pepper-rotation.service.js';
import { SessionCleanUp } from '../sessions/session-clean-up.service.js';
import { SessionStore } from '../sessions/session.store.js';
import type { LoginResult } from './grant.js';
import { OpenSessionFlow, type OpenSessionOptions } from './open-session.flow.js';
import { type PendingChange, type UserChange, UserChangesFlow } from './user-changes.flow.js';

/** What a host calls from its own code. Everything is durable when it resolves, and refused in this process from then on. */
@Injectable()
export class AuthService {
  constructor(
    private readonly opening: OpenSessionFlow,
    private readonly changes: UserChangesFlow,
    private readonly store: SessionStore,
    private readonly revocations: RevocationService,
    private readonly cleaning: SessionCleanUp,
    private readonly peppers: PepperRotation,
    private readonly recorder: AuditRecorder,
    private readonly events: AuthEventPublisher,
  ) {}

  /** For social login, passkeys, second factors: opens a session for a user whom the host has authenticated. */
  openSession(userId: string, options?: OpenSessionOptions): Promise<LoginResult> {
    return this.opening.openSession(userId, options);
  }

  /** Role, permissions, disabling, deletion: runs the host's `work` and what the change ends in one transaction. */
  changeUser(
    userId: string,
    change: UserChange,
    work?: (tx: HostTransaction) => Promise<void>,
  ): Promise<void> {
    return this.changes.change(userId, change, work);
  }

  /** In the host's own transaction: role or permissions changed. Call `committed()` on the result after the commit. */
  userChanged(
    tx: HostTransaction,
    userId: string,
    change: UserChange = 'authorization',
  ): Promise<PendingChange> {
    return this.changes.within(tx, userId, change);
  }

  /** In the host's own transaction: the password was set by a reset flow; every session of the user ends. */
  passwordChanged(tx: HostTransaction, userId: string): Promise<PendingChange> {
    return this.changes.within(tx, userId, 'password');
  }

  sessions(userId: string): Promise<readonly Session[]> {
    return this.store.list(userId);
  }

  /** One access token, by its `jti` and `exp` (whole seconds). */
  async revokeToken(tokenId: string, expiresAt: number): Promise<void> {
    await this.revocations.revokeToken(tokenId, expiresAt);
    this.events.publish({ type: 'token.revoked', tokenId });
  }

  /** One session with its access tokens; `not_found` when it was not live. */
  async revokeSession(sessionId: string): Promise<'ended' | 'not_found'> {
    const ended = await this.store.endOne(sessionId, 'ended_by_host');
    if (!ended) return 'not_found';
    await this.revocations.announce(ended.entries);
    const { subject: userId } = ended;
    this.events.publish({ type: 'session.ended', userId, sessionId, reason: 'ended_by_host' });
    return 'ended';
  }

  /** Every session and access token of a user. */
  revokeUser(userId: string): Promise<void> {
    return this.changes.change(userId, 'signed_out');
  }

  /** A signing key that leaked: every token it signed is refused. */
  async revokeKey(keyId: string): Promise<void> {
    await this.revocations.revokeKey(keyId);
    this.events.publish({ type: 'key.revoked', keyId });
  }

  /** A new refresh-token secret: every process knows it before it mints; no session is lost. */
  rotateRefreshSecret(): Promise<void> {
    return this.peppers.rotate();
  }

  /** After the database was restored from a backup: ends every session and refuses every token issued before now. */
  async afterRestore(): Promise<void> {
    const ended = await this.store.endEverything();
    await this.revocations.announce(ended.entries);
    this.events.publish({ type: 'everything.revoked' });
  }

  /** Removes expired rows now, those of the audit trail too; resolves with how many. */
  async cleanUp(): Promise<number> {
    return (await this.cleaning.run()) + (await this.recorder.cleanUp());
  }
}
