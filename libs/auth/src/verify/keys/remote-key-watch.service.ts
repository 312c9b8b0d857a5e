import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { RemoteKeys } from './remote-keys.service.js';
import { RevocationSync } from '../revocation/revocation-sync.service.js';

/**
 * A revoked signing key verifies nothing here from then on. Its successor is fetched at once,
 * before a token of it arrives.
 */
@Injectable()
export class RemoteKeyWatch implements OnApplicationShutdown {
  private readonly stop: () => void;

  // subscribes before the view is filled, so that no entry is missed
  constructor(keys: RemoteKeys, sync: RevocationSync) {
    this.stop = sync.onRevoked((entries) => {
      for (const entry of entries) if (entry.kind === 'key') keys.revoke(entry.id);
    });
  }

  onApplicationShutdown(): void {
    this.stop();
  }
}
