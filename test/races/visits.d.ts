import { type Racers, type RaceSession } from './racers.js';
/**
 * With leeway: in each round all eight present the newest token, or all the one before. Nobody is two generations behind, so by the contract
 * nobody may be refused, whatever dies meanwhile.
 */
export declare function inStep(racers: Racers, session: RaceSession): Promise<void>;
/** With leeway: each takes the newest token or the one before as it likes. Who is overtaken on the way commits a reuse, and only then may there be one. */
export declare function careless(racers: Racers, session: RaceSession): Promise<void>;
/** Without leeway: a few refreshes one at a time, which must all succeed, then eight at once, of which one may. */
export declare function withoutLeeway(racers: Racers, session: RaceSession): Promise<void>;
