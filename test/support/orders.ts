import { type BuiltApp, startBuilt } from './built-app.js';

export interface Orders extends Omit<BuiltApp, 'kill' | 'port'> {
  /** Sends SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** The built orders service as a separate process. `untilReady` false: does not wait until it is ready. */
export async function startOrders(
  env: Readonly<Record<string, string>>,
  untilReady = true,
): Promise<Orders> {
  const all = { PATH: process.env['PATH'], ...env };
  const { kill, ...app } = await startBuilt('orders', { env: all, untilReady });
  return { ...app, stop: () => kill('SIGTERM') };
}
