import { withDeadline } from '../common/deadline.js';
import type { HealthProbes, ViewStanding } from '../observe/health/health-probes.js';
import type { ResolvedAuthOptions } from '../options/resolved-options.js';
import type { RevocationFeedBus } from '../storage/revocation-feed.port.js';
import type { RevocationSync } from './revocation/revocation-sync.service.js';

/** A token of nobody: asking for it shows whether the store answers. */
const PROBE = {
  tokenId: 'health',
  sessionId: '00000000-0000-0000-0000-000000000000',
  subject: 'health',
  tokenVersion: 1,
  keyId: 'health',
  issuedAt: 0,
};

/** The probe of Redis, where the module has one. */
export function redisProbe(
  feed: RevocationFeedBus | undefined,
  sync: RevocationSync,
  { revocation: { deadlineMs } }: ResolvedAuthOptions,
): HealthProbes['redis'] {
  return (
    feed && (() => withDeadline(feed.lookup(sync.view.ledger ?? '', PROBE), deadlineMs, 'health'))
  );
}

/** The standing of the view, for `AuthHealth.revocations`. */
export function viewStanding(
  { view }: RevocationSync,
  { revocation: { maxStalenessMs } }: ResolvedAuthOptions,
): ViewStanding {
  const { ageMs, provenBy, entries, bounded, linked } = view.state();
  return { ageMs, provenBy, entries, bounded, linked, fresh: view.fresh(maxStalenessMs) };
}
