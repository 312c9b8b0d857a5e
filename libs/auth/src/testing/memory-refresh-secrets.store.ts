import { RefreshSecretsStore } from '../storage/refresh-secrets.port.js';
import type { MemoryDatabase } from './memory-database.js';

/** The refresh-token secrets in the memory of one process, for tests. */
export class MemoryRefreshSecretsStore extends RefreshSecretsStore {
  constructor(private readonly database: MemoryDatabase) {
    super();
  }

  async loadOrCreate(candidate: string): Promise<readonly string[]> {
    const { peppers, clock } = this.database;
    const now = clock.now();
    if (peppers.length === 0) peppers.push({ line: candidate, mintsFromMs: now });
    const isDue = ({ mintsFromMs }: { mintsFromMs: number }): number => Number(mintsFromMs <= now);
    const ring = [...peppers].sort((a, b) => isDue(b) - isDue(a) || b.mintsFromMs - a.mintsFromMs);
    return ring.map(({ line }) => line);
  }

  override async rotate(candidate: string, leadTimeMs: number, retainMs: number): Promise<void> {
    const { peppers, clock } = this.database;
    const now = clock.now();
    // it stopped minting when the one after it began
    const began = peppers
      .map(({ mintsFromMs }) => mintsFromMs)
      .filter((from) => from < now - retainMs);
    const oldest = Math.max(...began, -Infinity);
    const kept = peppers.filter(({ mintsFromMs }) => mintsFromMs >= oldest);
    peppers.splice(0, peppers.length, ...kept, { line: candidate, mintsFromMs: now + leadTimeMs });
  }
}
