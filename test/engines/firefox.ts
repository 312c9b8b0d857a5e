import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { noteProcess, scratchDir } from '../support/run-environment.js';
import { asText, type Engine, type Tab } from './engine.js';

interface BidiAnswer {
  readonly id?: number;
  readonly result?: object;
  readonly error?: string;
  readonly message?: string;
}

/** WebDriver BiDi, spoken by Firefox itself (https://w3c.github.io/webdriver-bidi/). */
class Bidi {
  #id = 0;
  readonly #waiting = new Map<number, (answer: BidiAnswer) => void>();

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      const answer = JSON.parse(data.toString()) as BidiAnswer;
      this.#waiting.get(answer.id ?? -1)?.(answer);
    });
  }

  static async connect(url: string): Promise<Bidi> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return new Bidi(socket);
  }

  async send<R>(method: string, params: object): Promise<R> {
    const id = ++this.#id;
    this.socket.send(JSON.stringify({ id, method, params }));
    const { result, error, message } = await new Promise<BidiAnswer>((resolve) =>
      this.#waiting.set(id, resolve),
    );
    this.#waiting.delete(id);
    if (error) throw new Error(`${method}: ${error} ${message ?? ''}`);
    return result as R;
  }

  close(): void {
    this.socket.close();
  }
}

export async function startFirefox(binary: string): Promise<Engine> {
  const folder = scratchDir('firefox');
  writeFileSync(join(folder, 'user.js'), 'user_pref("remote.active-protocols", 1);\n');
  const child = spawn(
    binary,
    ['--headless', '--no-remote', '--profile', folder, '--remote-debugging-port', '0'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, HOME: folder, MOZ_CRASHREPORTER_DISABLE: '1' },
    },
  );
  if (child.pid) noteProcess(child.pid);
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const [, found] = /WebDriver BiDi listening on (ws:\S+)/.exec(said) ?? [];
      if (found) resolve(`${found}/session`);
    });
    child.once('exit', () => reject(new Error(`Firefox did not start:\n${said}`)));
  });
  const bidi = await Bidi.connect(url);
  const { capabilities } = await bidi.send<{ capabilities: { browserVersion: string } }>(
    'session.new',
    {
      capabilities: {},
    },
  );
  const asTab = (context: string): Tab => ({
    goto: async (to) =>
      void (await bidi.send('browsingContext.navigate', { context, url: to, wait: 'complete' })),
    async run(script, ...args) {
      const answer = await bidi.send<{
        type: string;
        result?: { value: string };
        exceptionDetails?: { text: string };
      }>('script.callFunction', {
        functionDeclaration: asText(script),
        arguments: [{ type: 'string', value: JSON.stringify(args) }],
        awaitPromise: true,
        target: { context },
      });
      if (answer.type !== 'success') throw new Error(answer.exceptionDetails?.text);
      return JSON.parse(answer.result?.value ?? 'null');
    },
    close: async () => void (await bidi.send('browsingContext.close', { context })),
  });
  return {
    version: `Firefox ${capabilities.browserVersion}`,
    async profile() {
      const { userContext } = await bidi.send<{ userContext: string }>(
        'browser.createUserContext',
        {},
      );
      return {
        async open(to) {
          const { context } = await bidi.send<{ context: string }>('browsingContext.create', {
            type: 'tab',
            userContext,
          });
          const tab = asTab(context);
          await tab.goto(to);
          return tab;
        },
        close: async () => void (await bidi.send('browser.removeUserContext', { userContext })),
      };
    },
    async close() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      bidi.close();
      child.kill('SIGTERM');
      await gone;
    },
  };
}
