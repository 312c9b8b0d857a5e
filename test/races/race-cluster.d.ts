import { type HttpAnswer } from '../support/http.js';
export interface SessionRow {
    readonly id: string;
    readonly generation: number;
    readonly hash: string;
    readonly endReason: string | null;
}
/** Two processes (Express and Fastify) of one deployment on one Postgres; either may be killed at any moment and comes back. */
export interface RaceCluster {
    /** To process 0 or 1; fails when it is down or dies meanwhile. */
    post(process: number, path: string, json: unknown): Promise<HttpAnswer>;
    session(id: string): Promise<SessionRow | undefined>;
    sessions(): Promise<SessionRow[]>;
    /** SIGKILLs the two in turn, each once the other one serves again. */
    killInTurn(times: number, pauseMs: () => number): Promise<void>;
    close(): Promise<void>;
}
export declare function startCluster(env: Readonly<Record<string, string>>): Promise<RaceCluster>;
