// What an honest visitor meets, and what the flood leaves in the process and in the database.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** An honest login a second: how long each took, and what was not a 200. */
export async function watch(demo, { forSeconds, login }) {
  const ms = [];
  const failed = {};
  const until = performance.now() + forSeconds * 1_000;
  let peak = {};
  while (performance.now() < until) {
    const { ip, ...who } = login();
    const from = performance.now();
    const outcome = await fetch(`${demo.url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': ip },
      body: JSON.stringify({ ...who, transport: 'bearer' }),
      signal: AbortSignal.timeout(30_000),
    }).then(
      async (answer) => (await answer.arrayBuffer(), answer.status),
      (error) => error.name,
    );
    if (outcome === 200) ms.push(performance.now() - from);
    else failed[outcome] = (failed[outcome] ?? 0) + 1;
    if (ms.length % 10 === 1) peak = highest(peak, await processOf(demo));
    await delay(1_000);
  }
  return { ms, failed, peak };
}

export async function sample(demo, orders) {
  return { demo: await processOf(demo), ordersRssMb: rssOf(orders.child.pid) };
}

/** Rows of each table, counted. */
export async function rowsByTable(pool) {
  const { rows } = await pool.query(
    "select table_name as name from information_schema.tables where table_schema = 'public' order by 1",
  );
  const counts = {};
  for (const { name } of rows) {
    const found = await pool.query(`select count(*)::int as n from "${name}"`);
    counts[name] = found.rows[0].n;
  }
  return counts;
}

export async function processOf(demo) {
  const text = await fetch(`${demo.url}/metrics`).then((answer) => answer.text());
  const value = (name) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1] ?? NaN);
  return {
    rssMb: value('process_resident_memory_bytes') / 2 ** 20,
    heapMb: value('nodejs_heap_size_used_bytes') / 2 ** 20,
    handles: value('nodejs_active_handles_total'),
    descriptors: value('process_open_fds'),
    auditPending: value('tokenward_audit_pending'),
    listenersDropped: value('tokenward_listeners_dropped_total'),
  };
}

/** Of a process that shows no metrics; undefined where there is no /proc. */
function rssOf(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return undefined;
  }
}

const highest = (one, other) =>
  Object.fromEntries(
    Object.entries(other).map(([name, value]) => [name, Math.max(value, one[name] ?? 0)]),
  );
