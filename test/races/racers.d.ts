import type { RaceCluster } from './race-cluster.js';
import { type TokenBook } from './token-book.js';
export declare const REFRESHERS = 8;
/** Every answer is one of these; anything else is a violation. */
export interface Counts {
    logins: number;
    rotated: number;
    replayed: number;
    /** 401 */
    refused: number;
    /** 503, tried again. */
    unavailable: number;
    /** No answer: the process was killed; tried again. */
    lost: number;
    /** Families that died of a reuse that was one. */
    reuses: number;
    /** A lost answer whose retry was refused: reuse by definition where there is no leeway. */
    lostForGood: number;
    /** Refused because this machine was so slow that the leeway had passed. */
    late: number;
}
export interface RaceSession {
    readonly email: string;
    readonly kind: 'in step' | 'careless';
    current: string;
    previous?: string;
}
export type Outcome = {
    readonly kind: 'successor';
    readonly token: string;
}
/** `certain`: no attempt before it went without an answer that says what became of it. */
 | {
    readonly kind: 'refused';
    readonly history: 'certain' | 'uncertain';
};
export declare class Racers {
    private readonly cluster;
    readonly book: TokenBook;
    private readonly password;
    private readonly leewayMs;
    readonly counts: Counts;
    constructor(cluster: RaceCluster, book: TokenBook, password: string, leewayMs: number);
    open(email: string, kind: RaceSession['kind']): Promise<RaceSession>;
    reopen(session: RaceSession): Promise<void>;
    /** One refresher: as a good client it repeats what was not answered, at the other process. */
    present(token: string, process: number): Promise<Outcome>;
    /** All at once, half of them at either process. */
    presentAll(tokens: readonly string[]): Promise<Outcome[]>;
    /** Moves the session on to the newest token that was answered. */
    advance(session: RaceSession, outcomes: readonly Outcome[]): void;
    /** After a refusal the whole family is dead, whoever won before: its newest token is refused as well. */
    expectDead(session: RaceSession): Promise<void>;
    /** With leeway: a refusal since `sinceMs` must have its reason. */
    judge(session: RaceSession, spent: readonly string[], sinceMs: number): Promise<void>;
    private untilAnswered;
}
