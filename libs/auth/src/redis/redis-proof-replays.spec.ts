import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { privateRedis } from '../../../../test/support/private-servers.js';
import { until } from '../../../../test/support/until.js';
import { SystemEntropy } from '../common/entropy.js';
import { MemoryProofReplays } from '../storage/memory-proof-replays.js';
import type { ProofReplays, ProofUse } from '../storage/proof-replays.port.js';
import { HandClock } from '../verify/keys/hand-clock.fixture.js';
import { RedisProofReplays } from './redis-proof-replays.js';

const WINDOW_MS = 90_000;
const clock = new HandClock(1_800_000_000);
let proofs = 0;
const proof = (changes: Partial<ProofUse> = {}): ProofUse => ({
  id: `proof-${String(++proofs)}`,
  holder: `holder-${String(proofs)}`,
  issuedAtMs: clock.now(),
  windowMs: WINDOW_MS,
  ...changes,
});

async function nonceOf(replays: ProofReplays): Promise<string> {
  const verdict = await replays.use(proof());
  return verdict.kind === 'nonce_needed' ? verdict.nonce : '';
}

describe('used proofs in Redis', () => {
  let server: Awaited<ReturnType<typeof privateRedis>>;
  let clients: Redis[];
  let processes: RedisProofReplays[];
  beforeAll(async () => {
    server = await privateRedis();
    clients = [1, 2, 3].map(() => new Redis(server.url, { retryStrategy: () => 20 }));
    for (const client of clients) client.on('error', () => undefined);
    processes = clients.map(
      (client) => new RedisProofReplays(client, clock, new SystemEntropy(), 2_000),
    );
  });
  beforeEach(async () => {
    await clients[0]?.flushall();
  });
  afterAll(async () => {
    for (const client of clients) client.disconnect();
    await server.stop();
  });

  const [first, second] = [() => processes[0] as ProofReplays, () => processes[1] as ProofReplays];

  // T-dpg2
  it('need a nonce while earlier uses are unknown, and one of three processes wins', async () => {
    const nonce = await nonceOf(first());
    expect(nonce).toMatch(/^[\w-]{22}$/);
    expect(await nonceOf(second())).toBe(nonce);
    expect(await second().use(proof({ nonce: 'stale' }))).toEqual({ kind: 'nonce_needed', nonce });
    const used = proof({ nonce });
    const verdicts = await Promise.all([...processes, ...processes].map((each) => each.use(used)));
    expect(verdicts.map(({ kind }) => kind).sort()).toEqual([
      'first',
      ...Array<string>(5).fill('replayed'),
    ]);
  });

  // T-dpg3
  it('need no nonce once every earlier proof has left the window, whatever its clock', async () => {
    const ahead = proof({ issuedAtMs: clock.now() + WINDOW_MS });
    const nonce = await nonceOf(first());
    expect((await first().use({ ...ahead, nonce })).kind).toBe('first');
    await clients[0]?.flushall();
    // the memory of used proofs starts again
    expect(await nonceOf(second())).not.toBe(nonce);
    expect((await second().use(ahead)).kind).toBe('nonce_needed');
    expect((await second().use({ ...ahead, nonce })).kind).toBe('nonce_needed');
    clock.seconds += (2 * WINDOW_MS) / 1000 + 1;
    const later = proof();
    expect((await second().use(later)).kind).toBe('first');
    expect((await first().use(later)).kind).toBe('replayed');
  });

  // T-v6hg
  it('need a nonce also where a process whose clock is behind begins a new memory', async () => {
    const seconds = Math.floor(Date.now() / 1000);
    const by = (clockSeconds: number): RedisProofReplays => {
      const own = new HandClock(clockSeconds);
      return new RedisProofReplays(clients[0] as Redis, own, new SystemEntropy(), 2_000);
    };
    const used = proof({ issuedAtMs: seconds * 1000 });
    const asked = await by(seconds).use(used);
    const nonce = asked.kind === 'nonce_needed' ? asked.nonce : '';
    expect((await by(seconds).use({ ...used, nonce })).kind).toBe('first');
    await clients[0]?.flushall();
    await by(seconds - 300).use(proof({ issuedAtMs: 0 }));
    expect((await by(seconds).use(used)).kind).toBe('nonce_needed');
  });

  // T-dpg4
  it('need a new nonce after the server was started from an old dump', async () => {
    const nonce = await nonceOf(first());
    await clients[0]?.save();
    const used = proof({ nonce });
    expect((await first().use(used)).kind).toBe('first');
    await server.kill('SIGKILL');
    expect(
      await first()
        .use(proof({ nonce }))
        .catch((error: unknown) => error),
    ).toMatchObject({
      reason: 'unavailable',
    });
    await server.start();
    await until(() => clients.every(({ status }) => status === 'ready'));
    expect(await clients[0]?.hget('{tokenward:dpop}:epoch', 'id')).toBe(nonce);
    for (const each of processes) expect((await each.use(used)).kind).toBe('nonce_needed');
  });

  // T-dpg5
  it('are unknown where Redis does not identify its server', async () => {
    const admin = clients[0] as Redis;
    await admin.acl('SETUSER', 'default', '-info');
    expect(
      await second()
        .use(proof())
        .catch((error: unknown) => error),
    ).toMatchObject({
      reason: 'unavailable',
    });
    await admin.acl('SETUSER', 'default', '+info');
  });

  // T-dpg6
  it('are forgotten when no process would accept them any more', async () => {
    const nonce = await nonceOf(first());
    const used = proof({ nonce });
    await first().use(used);
    const left = (await clients[0]?.pttl(`{tokenward:dpop}:used:${used.id}`)) ?? 0;
    expect(left).toBeGreaterThan(2 * WINDOW_MS);
    expect(left).toBeLessThanOrEqual(3 * WINDOW_MS);
  });
});

describe('used proofs in one process', () => {
  // T-dpg7
  it('carry its nonce, work once, and are never forgotten to make room', async () => {
    const replays = new MemoryProofReplays(clock, 'own', 2);
    expect(await replays.use(proof())).toEqual({ kind: 'nonce_needed', nonce: 'own' });
    expect((await replays.use(proof({ nonce: 'of another' }))).kind).toBe('nonce_needed');
    const used = proof({ nonce: 'own' });
    expect((await replays.use(used)).kind).toBe('first');
    expect((await replays.use(used)).kind).toBe('replayed');
    await replays.use(proof({ nonce: 'own' }));
    const full = await replays.use(proof({ nonce: 'own' })).catch((error: unknown) => error);
    expect(full).toMatchObject({ reason: 'unavailable' });
    expect((await replays.use(used)).kind).toBe('replayed');
    // a proof dated a window ahead is valid until here, and longer if the clock is set back
    clock.seconds += (2 * WINDOW_MS) / 1000;
    expect((await replays.use(used)).kind).toBe('replayed');
    clock.seconds += WINDOW_MS / 1000;
    expect((await replays.use(proof({ nonce: 'own' }))).kind).toBe('first');
  });

  // T-dpg8
  it('of one holder stop at half of the capacity, and all others are still accepted', async () => {
    const replays = new MemoryProofReplays(clock, 'own', 12);
    const use = (holder: string) =>
      replays.use(proof({ holder, nonce: 'own' })).then(
        ({ kind }) => kind,
        ({ reason }: { reason: string }) => reason,
      );
    const many = async (holder: string) => {
      const all: string[] = [];
      for (let n = 0; n < 20; n++) all.push(await use(holder));
      return all.filter((each) => each === 'first').length;
    };
    expect(await many('greedy')).toBe(6);
    expect(await many('greedy')).toBe(0);
    expect(await many('as greedy')).toBe(3);
    expect(await use('modest')).toBe('first');
    expect(await use('modest')).toBe('first');
    expect(await use('modest')).toBe('unavailable');
    expect(await use('new')).toBe('first');
    expect(await use('too late')).toBe('unavailable');
    clock.seconds += (3 * WINDOW_MS) / 1000;
    expect(await many('greedy')).toBe(6);
  });

  // T-dpg9
  it('that were refused afterwards are not counted for their holder', async () => {
    const replays = new MemoryProofReplays(clock, 'own', 4);
    for (let n = 0; n < 9; n++) {
      const refused = proof({ holder: 'one', nonce: 'own' });
      expect((await replays.use(refused)).kind).toBe('first');
      replays.forget(refused.id);
      replays.forget(refused.id);
    }
  });

  it('that are forgotten leave no account behind: the key is counted for itself again', async () => {
    const replays = new MemoryProofReplays(clock, 'own', 12);
    const forgotten = proof({ holder: 'key', nonce: 'own' });
    await replays.use(forgotten);
    replays.belongs(forgotten.id, 'greedy');
    replays.forget(forgotten.id);
    for (let n = 0; n < 6; n++) await replays.use(proof({ holder: 'greedy', nonce: 'own' }));
    expect((await replays.use(proof({ holder: 'key', nonce: 'own' }))).kind).toBe('first');
  });
});
