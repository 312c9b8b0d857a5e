import type { SubjectState } from './subject.js';

/** Reads a user's two counters on the primary, if the user directory does not return them. */
export abstract class SubjectReader {
  /** Both are 1 for a subject without a row. Throws `AuthError('unavailable')` when it cannot answer. */
  abstract readSubject(subject: string): Promise<SubjectState>;
}
