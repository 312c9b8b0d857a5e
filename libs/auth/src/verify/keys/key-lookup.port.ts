/** For a token whose `kid` is unknown here: another process may already have newer keys. */
export abstract class KeyLookup {
  /**
   * Whether it is certain that an unknown `kid` does not exist, because keys are published for the
   * lead time before they sign. If it is not certain, the answer is 503.
   */
  abstract isComplete(): boolean;
  /**
   * Reads the keys again, limited by a cool-down, and once for all callers who wait. Never rejects.
   */
  abstract lookAgain(): Promise<void>;
}
