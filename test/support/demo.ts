import { stopOrphanIn } from '../../tools/embedded-postgres/index.js';
import { type BuiltApp, startBuilt } from './built-app.js';
import { scratchDir } from './run-environment.js';

export interface DemoOptions {
  /** Environment of the contract, section 7. Of the caller's environment only PATH and the like is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default `express`. */
  readonly adapter?: 'express' | 'fastify';
  /** The directory of an earlier demo, to start again on its data. Default: a fresh one. */
  readonly dataDir?: string;
  /** Default true: resolves when `/health/ready` answers 200. */
  readonly untilReady?: boolean;
  readonly port?: number;
}

export interface DemoUser {
  readonly email: string;
  readonly password: string;
  readonly role: string;
}

export interface Demo extends BuiltApp {
  readonly dataDir: string;
  /** As printed at the start, or as given by DEMO_USERS. */
  readonly users: readonly DemoUser[];
  /** Sends SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** The built demo as a separate process. @throws with its output if it exits before it is ready. */
export async function startDemo({
  env,
  adapter = 'express',
  dataDir = scratchDir('demo'),
  port,
  untilReady,
}: DemoOptions = {}): Promise<Demo> {
  const own = {
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    HTTP_ADAPTER: adapter,
    // without the local provider, which few tests need
    OIDC_PROVIDERS: '[]',
  };
  const all = { ...inherited(), ...own, ...env };
  const app = await startBuilt('demo', { env: all, cwd: dataDir, port, untilReady });
  return {
    ...app,
    dataDir,
    get users() {
      return usersIn(env?.['DEMO_USERS'], app.output());
    },
    async stop() {
      const code = await app.kill('SIGTERM');
      // a killed demo leaves its embedded Postgres running
      await stopOrphanIn(dataDir);
      return code;
    },
  };
}

function usersIn(configured: string | undefined, printed: string): DemoUser[] {
  if (configured) return configured.split(',').map((entry) => toUser(entry.trim().split(':')));
  return [...printed.matchAll(/^(\S+@\S+) (\S+) (\w+)$/gm)].map(([, ...parts]) => toUser(parts));
}

function toUser([email = '', password = '', role = '']: string[]): DemoUser {
  return { email, password, role };
}

function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'NODE_EXTRA_CA_CERTS'];
  return Object.fromEntries(
    names.flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name] as string]],
    ),
  );
}
