import { AuthError } from '../../common/auth-error.js';
import { Clock } from '../../common/clock.js';
import type { RevocableToken } from '../../storage/ledger-entry.js';
import type { Principal } from '../../common/principal.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { AuthenticateFlow } from '../authenticate.js';
import type { RevokedListener } from '../revocation/protocol/revocation-view.js';
import type { RevocationSync } from '../revocation/revocation-sync.service.js';
import type { Ending } from './close-socket.js';
import { LiveConnections } from './live-connections.service.js';

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

/** Live connections with a clock, a view and answers of the stores that a test sets. */
export class LiveBench {
  readonly clock = new MovedClock();
  readonly view = new FakeView();
  /** By token id. Default `live`. */
  answers: Record<string, 'live' | 'revoked' | 'down'> = {};
  /** The owner that an API key has when it is looked up again. */
  found: Principal | undefined;
  readonly live: LiveConnections;

  constructor() {
    const flow = {
      recheck: async (asked: Principal) => {
        const answer = this.answers[asked.tokenId] ?? 'live';
        if (answer === 'revoked') throw new AuthError('token_refused', 'revoked');
        if (answer === 'down') throw AuthError.unavailable('redis');
        return Promise.resolve(asked);
      },
      lookAgain: () => Promise.resolve(this.found),
    };
    const options = {
      accessToken: { clockToleranceSeconds: 30 },
      revocation: { maxStalenessMs: 1_000 },
    };
    this.live = new LiveConnections(
      options as ResolvedAuthOptions,
      this.clock,
      this.view as unknown as RevocationSync,
      flow as unknown as AuthenticateFlow,
    );
  }

  held(changes: Partial<Principal> = {}) {
    const endings: Ending[] = [];
    const connection = this.live.hold(principal(changes), (ending) => void endings.push(ending));
    return { connection, endings };
  }

  /** Ticks of a quarter of a second, the interval of the timer. */
  tick(times = 1): void {
    for (let done = 0; done < times; done++) {
      this.clock.ms += 250;
      this.live.tick();
    }
  }

  /** As above, with time for answers in between. */
  async turns(times: number): Promise<void> {
    for (let done = 0; done < times; done++) {
      this.tick();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
