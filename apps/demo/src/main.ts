import 'reflect-metadata';
import { processEnvironment, readConfig, startFailureLine } from './config/index.js';
import { startDemo, type RunningDemo } from './start.js';

/** After SIGTERM the process stops within 10 s, finished or not. */
const STOP_WITHIN_MS = 9_500;

async function main(): Promise<void> {
  const starting = startDemo(readConfig(processEnvironment(), warn));
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= finish(starting);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const demo = await starting;
  process.stdout.write(`Tokenward demo on ${demo.url}\n`);
}

function warn(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function finish(starting: Promise<RunningDemo>): Promise<void> {
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  const demo = await starting.catch(() => undefined);
  await demo?.stop();
  process.exit(0);
}

main().catch((error: unknown) => {
  const line = startFailureLine(error);
  if (line === undefined)
    process.stderr.write(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  else process.stderr.write(`${line}\n`);
  process.exit(1);
});
