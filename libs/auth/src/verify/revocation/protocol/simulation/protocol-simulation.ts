import { Clock } from '../../../../common/clock.js';
import { Entropy } from '../../../../common/entropy.js';
import type { LedgerEntry, RevocableToken } from '../../../../storage/ledger-entry.js';
import type { ResolvedAuthOptions } from '../../../../options/resolved-options.js';
import { instantOf } from '../instant.js';
import { RevocationView } from '../revocation-view.js';
import { RevocationChecker } from '../../revocation-checker.service.js';
import type { FeedReply } from '../../../../storage/revocation-feed.port.js';
import { LedgerSync } from '../ledger-sync.js';
import type { RevocationSync } from '../../revocation-sync.service.js';
import { SimulatedLedger, type LedgerServer } from './simulated-ledger.js';
import { SimulatedRedis, type RedisServer } from './simulated-redis.js';
import type { Machine, SimulatedWorld } from './simulated-world.js';

/** The protocol rule that is removed, to see that the test of the property then fails. */
export type Sabotage =
  | 'none'
  | 'links'
  | 'head'
  | 'send-time'
  | 'whole-snapshot'
  | 'proof-with-no'
  | 'ledger'
  | 'lineage';

export const MAX_STALENESS_MS = 1_000;
const STEP_MS = 250;
const BLOCK_MS = 62;

export type Unproven = 'redis' | 'refuse';

const optionsWith = (unproven: Unproven) =>
  ({
    revocation: {
      mode: 'mirror',
      maxStalenessMs: MAX_STALENESS_MS,
      unproven,
      deadlineMs: 400,
      maxEntries: 1_000,
    },
  }) as unknown as ResolvedAuthOptions;

class MachineClock extends Clock {
  constructor(
    private readonly world: SimulatedWorld,
    private readonly skewMs: number,
  ) {
    super();
  }
  now(): number {
    return 1_700_000_000_000 + this.skewMs + this.world.now;
  }
  monotonic(): number {
    return 5_000 + this.skewMs / 2 + this.world.now;
  }
}

let drawn = 0;
class CountingEntropy extends Entropy {
  bytes(length: number): Buffer {
    return Buffer.alloc(length, 1);
  }
  uuid(): string {
    return `beat-${String(++drawn)}`;
  }
}

export function tokenOf(id: string): RevocableToken {
  return {
    tokenId: id,
    sessionId: 's',
    subject: 'u',
    tokenVersion: 1,
    keyId: 'k',
    issuedAt: 1_700_000_000,
  };
}

/**
 * One process with the real code (view, dating, step, checker) on a simulated machine; only timers
 * and transport are simulated.
 */
export class SimulatedProcess {
  readonly view: RevocationView;
  readonly checker: RevocationChecker;
  private readonly clock: Clock;
  private readonly redis: SimulatedRedis | undefined;
  private readonly ledger: SimulatedLedger | undefined;
  private readonly step: LedgerSync | undefined;

  constructor(
    private readonly world: SimulatedWorld,
    readonly machine: Machine,
    /** Without `postgres` it only verifies, and follows `ledger`. */
    servers: {
      readonly postgres?: LedgerServer;
      readonly redis?: RedisServer;
      readonly ledger: string;
    },
    private readonly sabotage: Sabotage,
    unproven: Unproven = 'refuse',
  ) {
    this.clock = new MachineClock(world, machine.number * 7_000);
    this.view = new RevocationView(this.clock, 1_000);
    this.redis = servers.redis && new SimulatedRedis(world, machine, servers.redis);
    this.ledger = servers.postgres && new SimulatedLedger(world, machine, servers.postgres);
    if (!servers.postgres) this.view.follow(servers.ledger);
    if (this.ledger)
      this.step = new LedgerSync(
        this.view,
        this.ledger,
        this.redis,
        this.clock,
        new CountingEntropy(),
        (durationMs) => world.sleep(machine, durationMs),
      );
    if (sabotage === 'proof-with-no') this.view.answerAgeMs = () => 0;
    if (sabotage === 'lineage') takesEveryServerForOne(this.view);
    if (sabotage === 'send-time') this.view.heartbeats.date = () => instantOf(this.clock);
    const sync = { view: this.view } as RevocationSync;
    this.checker = new RevocationChecker(
      optionsWith(unproven),
      this.clock,
      sync,
      this.ledger,
      this.redis,
    );
    if (this.step) void this.stepLoop(this.step);
    if (this.redis) void this.tailLoop(this.redis);
  }

  check(id: string): 'live' | 'revoked' | Promise<'live' | 'revoked' | 'unavailable'> {
    const verdict = this.checker.check(tokenOf(id));
    return typeof verdict === 'string' ? verdict : verdict.catch(() => 'unavailable' as const);
  }

  /**
   * As the service does: commit, own view, answer, publish. `answered` is called when the caller
   * would get the answer.
   */
  async revoke(
    id: string,
    commitDelayMs: number,
    answered: () => void,
    published: () => void,
  ): Promise<void> {
    if (!this.ledger) return;
    const entry: LedgerEntry = {
      kind: 'token',
      id: id,
      value: 0,
      expiresAt: 1_700_000_000_000 + 10_000_000,
    };
    try {
      const transaction = await this.ledger.begin(entry);
      await this.world.sleep(this.machine, commitDelayMs);
      await this.ledger.commit(transaction);
    } catch {
      return;
    }
    this.view.add([entry]);
    answered();
    if (this.view.ledger === undefined) return;
    await this.redis?.publish(this.view.ledger, [entry]).then(published, () => undefined);
  }

  private sabotaged(reply: FeedReply, head: string, ledger: string): FeedReply {
    if (this.sabotage === 'links') return linkedUp(reply, head);
    return this.sabotage === 'ledger' ? claimed(reply, ledger) : reply;
  }

  private async stepLoop(step: LedgerSync): Promise<void> {
    const everyMs = STEP_MS * (0.8 + 0.1 * this.machine.number);
    for (let steppedAt = -Infinity; ;) {
      const beat = this.view.newestBeat?.mono ?? -Infinity;
      const due = everyMs - (this.clock.monotonic() - Math.max(beat, steppedAt));
      if (due > 0) {
        await this.world.sleep(this.machine, Math.max(1, due));
        continue;
      }
      steppedAt = this.clock.monotonic();
      await step.run().catch(() => this.world.sleep(this.machine, STEP_MS));
    }
  }

  private async tailLoop(redis: SimulatedRedis): Promise<void> {
    for (;;) {
      try {
        const { ledger } = this.view;
        if (!this.step && !this.view.linked && ledger !== undefined) {
          this.view.link(
            await redis.snapshot(ledger, (entry) => {
              this.view.add([entry]);
            }),
          );
        }
        const { tail } = this.view;
        if (!tail || ledger === undefined) {
          await this.world.sleep(this.machine, BLOCK_MS);
          continue;
        }
        const sentAt = instantOf(this.clock);
        const reply = await redis.read(ledger, tail.cursor, BLOCK_MS);
        this.view.acceptReply(tail, sentAt, this.sabotaged(reply, tail.head?.id ?? '', ledger));
      } catch {
        await this.world.sleep(this.machine, BLOCK_MS);
      }
    }
  }
}

/** Sabotage: every server counts as the one on which the feed was proven complete. */
function takesEveryServerForOne(view: RevocationView): void {
  const unbroken = view.unbroken.bind(view);
  const anywhere = { lineage: 'one' };
  const [acceptReply, acceptLedger] = [view.acceptReply.bind(view), view.acceptLedger.bind(view)];
  view.acceptReply = (tail, sentAt, reply) => {
    acceptReply(tail, sentAt, { ...reply, ...anywhere });
  };
  view.acceptLedger = (sentAt, since, read, noted) => {
    acceptLedger(sentAt, since, read, noted && { ...noted, ...anywhere });
  };
  view.unbroken = (answer) => unbroken({ ...answer, ...anywhere });
}

/** Sabotage: a reader that does not check whose heartbeat it reads. */
function claimed(reply: FeedReply, ledger: string): FeedReply {
  const items = reply.items.map((item) => {
    if (item.kind === 'row' || !item.beat.position) return item;
    return {
      kind: 'beat' as const,
      beat: { ...item.beat, position: { ...item.beat.position, ledger } },
    };
  });
  return { ...reply, items };
}

/** Sabotage: a reader that does not check whether links are missing. */
function linkedUp(reply: FeedReply, from: string): FeedReply {
  let prev = from;
  const items = reply.items.map((item) => {
    if (item.kind === 'row') return item;
    const beat = { ...item.beat, prev };
    prev = beat.id;
    return { kind: 'beat' as const, beat };
  });
  return { ...reply, items };
}
