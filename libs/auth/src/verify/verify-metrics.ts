import { by, type MetricReaders, one } from '../observe/metrics/metric-readers.js';
import { DpopProofs } from './dpop/dpop-proofs.service.js';
import type { RemoteKeys } from './keys/remote-keys.service.js';
import { RevocationChecker } from './revocation/revocation-checker.service.js';
import { RevocationSync } from './revocation/revocation-sync.service.js';
import { AccessTokenVerifier } from './tokens/access-token-verifier.service.js';
import { TokenRefusals } from './token-refusals.service.js';
import { LiveConnections } from './ws/live-connections.service.js';

/** Injection token of the metrics of a process that verifies, and the classes that they are read from. */
export const VERIFY_METRICS = Symbol('VERIFY_METRICS');
export const VERIFY_METRICS_OF = [
  RevocationChecker,
  RevocationSync,
  AccessTokenVerifier,
  TokenRefusals,
  LiveConnections,
  DpopProofs,
];

/** The metrics of a process that verifies. */
export function verifyMetrics(
  checker: RevocationChecker,
  view: RevocationSync,
  verifier: AccessTokenVerifier,
  refusals: TokenRefusals,
  live: LiveConnections,
  proofs: DpopProofs,
): MetricReaders {
  return {
    checks: () => by('answered_by', Object.entries(checker.counters)),
    viewAge: () => one(view.state().ageMs / 1000),
    entries: () => one(view.state().entries),
    tokenRefusals: () => by('reason', refusals.counts),
    proofs: () => by('outcome', proofs.outcomes),
    tokenCache: () => {
      const { remembered, verified } = verifier.counters;
      return by('outcome', Object.entries({ hit: remembered, miss: verified }));
    },
    verification: () => one(verifier.counters.verifiedMs / 1000),
    connections: () => one(live.size),
  };
}

/** The numbers of a service that fetches its keys. */
export function remoteKeyMetrics(remote: RemoteKeys): MetricReaders {
  return {
    jwksFetches: () =>
      by('outcome', Object.entries({ begun: remote.fetches, failed: remote.failedFetches })),
  };
}
