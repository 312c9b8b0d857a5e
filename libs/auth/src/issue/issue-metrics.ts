import type { AuditRecorder } from '../observe/audit-recorder.service.js';
import { by, type MetricReaders, one } from '../observe/metrics/metric-readers.js';
import type { KeyRotation } from './keys/key-rotation.service.js';
import type { Announcer } from './sessions/announcer.service.js';
import type { PasswordHasher } from './users/password-hasher.service.js';

/** The metrics of a process that issues and revokes. */
export function issueMetrics(
  announcer: Announcer,
  keys: KeyRotation,
  hasher: PasswordHasher,
  recorder: AuditRecorder,
): MetricReaders {
  return {
    failedPublishings: () => one(announcer.failedPublishings),
    keyAge: () =>
      keys
        .status()
        .flatMap(({ keyId, phase, ageMs }) =>
          ageMs === undefined ? [] : [{ value: ageMs / 1000, attributes: { kid: keyId, phase } }],
        ),
    hashing: () => by('state', Object.entries(hasher.load)),
    auditPending: () => one(recorder.pending),
    auditDropped: () => one(recorder.dropped),
  };
}
