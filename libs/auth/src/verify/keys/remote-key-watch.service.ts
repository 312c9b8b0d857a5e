import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { RemoteKeys } from './remote-keys.service.js';
import { RevocationSync } from '../revocation/revocation-sync.service.js';

/** A signing key that was revoked verifies nothing here from then on, and its successor is fetched without waiting for a token of it. */
@Injectable()
export class RemoteKeyWatch implements OnApplicationShutdown {
  private readonly stop: () => void;

  // before the view is filled, so that no entry is missed
  constructor(keys: RemoteKeys, sync: RevocationSync) {
    this.stop = sync.onRevoked((entries) => {
      for (const entry of entries) if (entry.kind === 'key') keys.revoke(entry.id);
    });
  }

  onApplicationShutdown(): void {
    this.stop();
  }
}
