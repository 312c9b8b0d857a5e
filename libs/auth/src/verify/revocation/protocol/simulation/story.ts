import {
  MAX_STALENESS_MS,
  type Sabotage,
  SimulatedProcess,
  type Unproven,
} from './protocol-simulation.js';
import { LedgerServer } from './simulated-ledger.js';
import { RedisServer } from './simulated-redis.js';
import { type Machine, SimulatedWorld } from './simulated-world.js';

export const KINDS = [
  'revoke',
  'revoke',
  'revoke',
  'pause',
  'crash',
  'flush',
  'trim',
  'rollBack',
  'redisDown',
  'postgresDown',
] as const;

/** What happens, after a gap, to one of three processes or to a server. */
export interface Act {
  readonly kind: (typeof KINDS)[number];
  readonly gapMs: number;
  readonly who: number;
  readonly howLongMs: number;
}

interface Revocation {
  readonly id: string;
  readonly by: SimulatedProcess;
  readonly answeredAt: number;
}

/**
 * Three processes, the third of which only verifies, and all that happens to them. With an even seed they share Redis.
 */
export class Story {
  /**
   * Tokens that were wrongly accepted: sent later than the bound after the revocation was answered (contract, section
   * 6). Under `redis` later than the bound after Redis had it, which holds even while no process can prove its view.
   */
  readonly found: string[] = [];
  readonly processes: SimulatedProcess[];
  readonly #world: SimulatedWorld;
  readonly #postgres: LedgerServer;
  readonly #redis: RedisServer;
  readonly #revoked: Revocation[] = [];

  constructor(
    seed: number,
    private readonly sabotage: Sabotage,
    private readonly unproven: Unproven = 'refuse',
  ) {
    const world = (this.#world = new SimulatedWorld(seed));
    this.#postgres = new LedgerServer('ours', sabotage !== 'whole-snapshot');
    const redis = new RedisServer(world, sabotage !== 'head', sabotage === 'ledger');
    this.#redis = redis;
    this.processes = [0, 1, 2].map((number) => this.#boot(number));
    // another application on the same Redis, with its own Postgres, which never fails
    const postgres = new LedgerServer('theirs', true);
    const neighbour = { number: 3, pausedUntil: 0, alive: true };
    if (seed % 2 === 0)
      new SimulatedProcess(world, neighbour, { redis, postgres, ledger: postgres.id }, sabotage);
  }

  async tell(acts: readonly Act[]): Promise<this> {
    this.#watch(0);
    let time = 1_500;
    acts.forEach((act, n) => {
      time += act.gapMs;
      this.#world.at(time, () => this.#perform(act, `token-${String(n)}`));
    });
    await this.#world.run(time + 4_000);
    return this;
  }

  #boot(number: number): SimulatedProcess {
    const machine: Machine = { number, pausedUntil: 0, alive: true };
    const postgres = this.#postgres;
    const servers = { redis: this.#redis, ledger: postgres.id, ...(number < 2 && { postgres }) };
    return new SimulatedProcess(this.#world, machine, servers, this.sabotage, this.unproven);
  }

  #watch(at: number): void {
    this.#world.at(at, () => {
      this.#look();
      this.#watch(this.#world.now + 90);
    });
  }

  /** Asks each process that runs for the newest revoked tokens. */
  #look(): void {
    const { now } = this.#world;
    for (const process of this.processes) {
      const { alive, pausedUntil, number } = process.machine;
      if (!alive || pausedUntil > now) continue;
      for (const { id, by, answeredAt } of this.#revoked.slice(-6)) {
        const bound = by === process ? 0 : MAX_STALENESS_MS;
        if (now <= answeredAt + bound) continue;
        const judge = (verdict: string): void => {
          if (verdict === 'live')
            this.found.push(`${id} at ${String(number)}, ${String(now - answeredAt)} ms late`);
        };
        const verdict = process.check(id);
        if (typeof verdict === 'string') judge(verdict);
        else void verdict.then(judge);
      }
    }
  }

  #perform({ kind, who, howLongMs }: Act, id: string): void {
    const { machine } = this.processes[who] as SimulatedProcess;
    const until = this.#world.now + howLongMs;
    switch (kind) {
      case 'revoke':
        return this.#revoke(id, who, howLongMs);
      case 'pause':
        machine.pausedUntil = until;
        for (const ms of [0, 1, 2, 4]) this.#world.at(until + ms, () => this.#look());
        return;
      case 'crash':
        machine.alive = false;
        this.processes[who] = this.#boot(who);
        return;
      case 'flush':
        return this.#redis.flush();
      case 'trim':
        return this.#redis.trim(howLongMs / 2);
      case 'rollBack':
        return this.#redis.rollBack(howLongMs);
      case 'redisDown':
        this.#redis.downUntil = until;
        return;
      case 'postgresDown':
        this.#postgres.downUntil = until;
        return;
    }
  }

  #revoke(id: string, who: number, howLongMs: number): void {
    const by = this.processes[who % 2] as SimulatedProcess;
    const known = () => void this.#revoked.push({ id, by, answeredAt: this.#world.now });
    const unheard = () => undefined;
    const [answered, published] = this.unproven === 'refuse' ? [known, unheard] : [unheard, known];
    void by.revoke(id, howLongMs / 8, answered, published);
  }
}
