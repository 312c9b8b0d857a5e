import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import { KeyRotation } from './key-rotation.service.js';
import { RevocationSync } from '../../verify/revocation/revocation-sync.service.js';

/** When a revoked key stops verifying here, it also stops signing. Changes of keys are published as events. */
@Injectable()
export class KeyWatch implements OnApplicationShutdown {
  private readonly stop: readonly (() => void)[];

  // subscribes before the view is filled, so that no entry is missed
  constructor(keys: KeyRotation, sync: RevocationSync, events: AuthEventPublisher) {
    this.stop = [
      sync.onRevoked((entries) => {
        for (const entry of entries) if (entry.kind === 'key') keys.revoke(entry.id);
      }),
      keys.onChange((change) => {
        events.publish({ type: 'key.changed', ...change });
      }),
    ];
  }

  onApplicationShutdown(): void {
    for (const stop of this.stop) stop();
  }
}
