/** What a refresh token says of itself; the layout is that of the library's refresh-token codec. */
export interface ReadToken {
    readonly sessionId: string;
    readonly generation: number;
    /** SHA-256 of the secret, as the database keeps it. */
    readonly hash: string;
}
export declare function readToken(token: string): ReadToken;
/**
 * Every token that any client was ever given. The tokens of a session must form a chain: a second successor of one token, a second token of
 * one generation or a token with two predecessors would be two live tokens.
 */
export declare class TokenBook {
    private readonly leewayMs;
    readonly violations: string[];
    private readonly successors;
    private readonly predecessors;
    private readonly generations;
    constructor(leewayMs: number);
    opened(token: string): void;
    /** `replayed` when the token had been answered before. */
    answered(presented: string, successor: string): 'rotated' | 'replayed';
    /** Names the session and the generation, never the token. */
    violation(token: string, what: string): void;
    /** How many tokens of a session carry this hash: the row's current token, if anybody was given it. */
    holdersOf(sessionId: string, hash: string): number;
    private note;
}
