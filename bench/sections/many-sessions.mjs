// Rotation with two million sessions against a thousand, and the bytes that ten thousand rotations of one session
// leave.
import { fill, ownDatabase, rotating, rotationOf } from '../support/sessions.mjs';
import { rotated } from '../support/statistics.mjs';

const FEW = 1000;

export async function manySessions({ quick, servers, say }) {
  const many = quick ? 200_000 : 2_000_000;
  say(`rotation with ${many} sessions against ${FEW}`);
  const windows = quick ? 4 : 10;
  const seconds = quick ? 0.5 : 1;
  const databases = [];
  try {
    const contestants = [];
    for (const count of [FEW, many]) {
      const database = await ownDatabase(servers, `bench_sessions_${count}`);
      databases.push(database);
      await fill(database.pool, count);
      // as many rows in use in both, spread over the whole table: what differs is how much else there is
      const inUse = Array.from({ length: FEW }, (_, i) => 1 + i * (count / FEW));
      const generations = new Map();
      const rotate = async (n, generation) =>
        (await database.sessions.rotate(rotationOf(n, generation))).kind === 'rotated';
      contestants.push({ count, run: () => rotating(rotate, inUse, 8, seconds, generations) });
    }
    // every page in use has been written since the checkpoint, in both
    for (const { run } of [...contestants, ...contestants]) await run();
    const raw = [];
    for (let turn = 0; turn < windows; turn++) {
      const figures = {};
      for (const { count, run } of rotated(contestants, turn)) figures[count] = await run();
      raw.push(figures);
    }
    const what = `rotation with ${many.toLocaleString('en')} sessions against 1,000`;
    return {
      rows: [{ what, values: raw.map((each) => each[many] / each[FEW]), bar: 0.85, stretch: 0.95 }],
      raw,
    };
  } finally {
    for (const database of databases) await database.drop();
  }
}

export async function databaseBytes({ servers, say }) {
  say('bytes after 10,000 rotations');
  const database = await ownDatabase(servers, 'bench_bytes');
  try {
    await fill(database.pool, 1);
    const generations = new Map();
    const rotate = async (times) => {
      for (let i = 0; i < times; i++) {
        const generation = generations.get(1) ?? 1;
        const { kind } = await database.sessions.rotate(rotationOf(1, generation));
        if (kind !== 'rotated') throw new Error(kind);
        generations.set(1, generation + 1);
      }
      await database.pool.query('vacuum auth_sessions');
      const { rows } = await database.pool.query(
        `select pg_total_relation_size('auth_sessions')::int as bytes, count(*)::int as rows from auth_sessions`,
      );
      return rows[0];
    };
    const ten = await rotate(10);
    const tenThousand = await rotate(9_990);
    const what = 'database bytes after 10,000 rotations of one session, against after 10';
    return {
      rows: [{ what, values: [tenThousand.bytes / ten.bytes], bar: 1, better: 'lower' }],
      raw: { ten, tenThousand },
    };
  } finally {
    await database.drop();
  }
}
