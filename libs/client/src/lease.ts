import { put } from './places.js';
import { sleep } from './timers.js';

const LEASE_MS = 10_000;
const SETTLE_MS = 30;

/** A lock of sorts where there are no Web Locks: who still reads its own name after a moment goes first. Best effort; holds times and random names alone. */
export async function leased<T>(storage: Storage, name: string, work: () => Promise<T>): Promise<T> {
  const key = `${name}:lease`;
  const mine = Math.random().toString(36).slice(2);
  for (;;) {
    const [holder, until] = (storage.getItem(key) ?? '').split(' ');
    if (holder === mine) break;
    // a tab that was closed gives nothing back
    const isFree = !holder || Number(until) < Date.now() || Number(until) > Date.now() + LEASE_MS;
    if (isFree && !put(storage, key, `${mine} ${String(Date.now() + LEASE_MS)}`)) break;
    await sleep(SETTLE_MS * (1 + Math.random()));
  }
  try {
    return await work();
  } finally {
    if (storage.getItem(key)?.startsWith(mine)) storage.removeItem(key);
  }
}
