import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/redis-server.mjs';
import { noteProcess } from '../support/run-environment.js';
import { asText, type Engine, type Profile, type Tab } from './engine.js';

export interface WebKitBinaries {
  readonly driver: string;
  readonly browser: string;
  readonly display: string;
}

/**
 * WebDriver (https://www.w3.org/TR/webdriver2/) of WebKitGTK, on a virtual display. A profile is a session, and the
 * driver has one at a time.
 */
export async function startWebKit(binaries: WebKitBinaries): Promise<Engine> {
  const [display, number] = await startDisplay(binaries.display);
  const port = await freePort();
  const driver = spawn(binaries.driver, [`--port=${String(port)}`], {
    stdio: 'ignore',
    env: {
      ...process.env,
      DISPLAY: `:${number}`,
      GDK_BACKEND: 'x11',
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
    },
  });
  if (driver.pid) noteProcess(driver.pid);
  const ask = async <R>(method: string, path: string, body?: object): Promise<R> => {
    const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const { value } = (await answer.json()) as { value: R & { error?: string; message?: string } };
    if (!answer.ok) throw new Error(`${path}: ${value.error ?? ''} ${value.message ?? ''}`);
    return value;
  };
  while (!(await ask('GET', '/status').catch(() => undefined))) await delay(50);
  const open = () =>
    ask<{ sessionId: string; capabilities: { browserVersion: string } }>('POST', '/session', {
      capabilities: {
        alwaysMatch: {
          'webkitgtk:browserOptions': { binary: binaries.browser, args: ['--automation'] },
        },
      },
    });
  const first = await open();
  await ask('DELETE', `/session/${first.sessionId}`);
  return {
    version: `WebKitGTK ${first.capabilities.browserVersion}`,
    profile: async () => asProfile((await open()).sessionId, ask),
    async close() {
      await ended(driver);
      await ended(display);
    },
  };
}

type Ask = <R>(method: string, path: string, body?: object) => Promise<R>;

async function asProfile(sessionId: string, ask: Ask): Promise<Profile> {
  const session = `/session/${sessionId}`;
  await ask('POST', `${session}/timeouts`, { script: 60_000 });
  let last: Promise<unknown> = Promise.resolve();
  let unused: string | undefined = await ask<string>('GET', `${session}/window`);
  let current: string | undefined;
  /** The driver talks to one window at a time; a switch takes a quarter of a second. */
  const within = <R>(handle: string, work: () => Promise<R>): Promise<R> => {
    const turn = last.then(async () => {
      if (current !== handle) await ask('POST', `${session}/window`, { handle });
      current = handle;
      return work();
    });
    last = turn.catch(() => undefined);
    return turn;
  };
  let scripts = 0;
  const asTab = (handle: string): Tab => ({
    goto: (url) => within(handle, () => ask('POST', `${session}/url`, { url })),
    async run(script, ...args) {
      // started now and awaited later, so that tabs run at the same time
      const name = `script${String(++scripts)}`;
      const start = `window[${JSON.stringify(name)}] = { done: false };
        (${asText(script)})(arguments[0]).then(
          (value) => (window[${JSON.stringify(name)}] = { done: true, value }),
          (error) => (window[${JSON.stringify(name)}] = { done: true, error: String(error) }),
        );`;
      const execute = <R>(code: string, list: readonly unknown[]) =>
        within(handle, () =>
          ask<R>('POST', `${session}/execute/sync`, { script: code, args: list }),
        );
      await execute(start, [JSON.stringify(args)]);
      for (;;) {
        const now = await execute<{ done: boolean; value?: string; error?: string }>(
          `return window[${JSON.stringify(name)}]`,
          [],
        );
        if (now.error !== undefined) throw new Error(now.error);
        if (now.done) return JSON.parse(now.value ?? 'null');
        await delay(20);
      }
    },
    close: () => within(handle, async () => void (await ask('DELETE', `${session}/window`))),
  });
  return {
    async open(url) {
      const handle =
        unused ??
        (await ask<{ handle: string }>('POST', `${session}/window/new`, { type: 'tab' })).handle;
      unused = undefined;
      const tab = asTab(handle);
      await tab.goto(url);
      return tab;
    },
    close: async () => void (await ask('DELETE', session)),
  };
}

async function startDisplay(binary: string): Promise<readonly [ChildProcess, string]> {
  const child = spawn(
    binary,
    ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'],
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  );
  if (child.pid) noteProcess(child.pid);
  const [number] = (await once(child.stdio[3] as NodeJS.ReadableStream, 'data')) as [Buffer];
  return [child, number.toString().trim()];
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
