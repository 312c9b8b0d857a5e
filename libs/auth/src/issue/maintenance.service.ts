import { Injectable } from '@nestjs/common';
import { AuditRecorder } from '../observe/audit-recorder.service.js';
import type { ActedBy } from '../storage/store-change.js';
import { AfterRestoreFlow } from './flows/after-restore.flow.js';
import { RefreshSecretsRotation } from './sessions/refresh-secrets-rotation.service.js';
import { SessionCleanUp } from './sessions/session-clean-up.service.js';

/** What an operator does with the whole installation, for no user in particular. */
@Injectable()
export class Maintenance {
  constructor(
    private readonly restoring: AfterRestoreFlow,
    private readonly cleaning: SessionCleanUp,
    private readonly recorder: AuditRecorder,
    private readonly refreshSecrets: RefreshSecretsRotation,
  ) {}

  rotateRefreshSecret(): Promise<void> {
    return this.refreshSecrets.rotate();
  }

  afterRestore(keepKeys: readonly string[], by: ActedBy): Promise<void> {
    return this.restoring.afterRestore(keepKeys, by);
  }

  /** The number of removed rows. */
  async cleanUp(): Promise<number> {
    return (await this.cleaning.run()) + (await this.recorder.cleanUp());
  }
}
