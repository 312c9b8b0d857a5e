import { defence } from './defence.mjs';

const built = { built: true };
const SEEN = 'T-hst5';

/** Rules of the protocol: without one of them the checker of histories (test/histories/) finds what it forbids. */
export const HISTORIES = [
  defence(
    'histories',
    'a view that is too old accepts nothing',
    'verify/revocation/protocol/revocation-view.ts',
    '!this.mirror.overflowed && this.ageMs() <= maxStalenessMs',
    '!this.mirror.overflowed && this.ageMs() < Infinity',
    SEEN,
    built,
  ),
  defence(
    'histories',
    'only the current token rotates',
    'drizzle/session-statements.ts',
    's.id = r.id and s.generation = r.generation and s.token_hash = r.presented and',
    's.id = r.id and',
    SEEN,
    built,
  ),
  defence(
    'histories',
    'a retry by the key of its rotation is no theft',
    'issue/sessions/rotation-outcome.ts',
    'return retryWindowMs > 0 && rotatedAgoMs <= retryWindowMs;',
    'return retryWindowMs > rotatedAgoMs && Number.isNaN(0);',
    SEEN,
    built,
  ),
];
