/** For a token whose `kid` is not known here: another process may have a newer view of the keys. */
export abstract class KeyLookup {
  /**
   * Whether such a `kid` is proven not to exist: keys are published for the lead time before they sign. While it is
   * not, the answer is 503.
   */
  abstract isComplete(): boolean;
  /** Reads the keys again, under a cool-down and once for everybody who waits. Never rejects. */
  abstract lookAgain(): Promise<void>;
}
