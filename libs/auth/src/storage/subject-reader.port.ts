import type { SubjectState } from './subject.js';

/** Reads a user's two counters on the primary, where the user directory does not bring them along. */
export abstract class SubjectReader {
  /** Both are 1 for a subject without a row. Throws `AuthError('unavailable')` when it cannot answer. */
  abstract readSubject(subject: string): Promise<SubjectState>;
}
