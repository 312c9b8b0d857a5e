/** The longest files of the suite, by their paths from the root, in the order in which they begin. */
export declare const FIRST: readonly string[];
