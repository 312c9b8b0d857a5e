import { Clock } from '../../common/clock.js';
import type { RevocableToken } from '../../storage/ledger-entry.js';
import type { Principal } from '../../common/principal.js';
import type { RevokedListener } from '../revocation/protocol/revocation-view.js';

export const NOW_S = 1_800_000_000;

export class MovedClock extends Clock {
  ms = NOW_S * 1000;
  now = (): number => this.ms;
  monotonic = (): number => this.ms;
}

export class FakeView {
  isFresh = true;
  bounded = false;
  refused = new Set<string>();
  listener: RevokedListener = () => undefined;
  view = {
    fresh: () => this.isFresh,
    mirror: { refuses: ({ sessionId }: RevocableToken) => this.refused.has(sessionId) },
  };
  state = () => ({ bounded: this.bounded });
  onRevoked = (listener: RevokedListener) => {
    this.listener = listener;
    return () => (this.listener = () => undefined);
  };
}

export const principal = (changes: Partial<Principal> = {}): Principal => ({
  kind: 'user',
  id: 'u1',
  sessionId: 's1',
  tokenId: 't1',
  keyId: 'k1',
  tokenVersion: 3,
  permissions: [],
  issuedAt: NOW_S - 10,
  expiresAt: NOW_S + 900,
  claims: {},
  ...changes,
});
