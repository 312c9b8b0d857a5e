import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { errorCode } from './start-error.js';

/**
 * What tells a process from a later one with the same pid, or undefined when there is no such process (a zombie counts
 * as gone). Linux: boot id and start tick. macOS: start time. Windows: only that the pid is taken.
 */
export function processIdentity(pid: number): string | undefined {
  if (!isSignalable(pid)) return undefined;
  if (process.platform === 'win32') return 'alive';
  if (process.platform !== 'linux') return printed('ps', ['-o', 'lstart=', '-p', String(pid)]);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the command name may hold blanks and parentheses: count from behind the last one
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${rest[18]}`;
  } catch {
    return undefined;
  }
}

/** Whether the process is a postmaster whose data directory is `dataDir`; anything that cannot be shown is a no. */
export function isPostmasterOf(pid: number, dataDir: string): boolean {
  if (processIdentity(pid) === undefined) return false;
  if (process.platform === 'linux') {
    try {
      const isPostgres = readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres';
      return isPostgres && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataDir);
    } catch {
      return false;
    }
  }
  const command =
    process.platform === 'win32'
      ? printed('powershell', [
          '-NoProfile',
          '-Command',
          `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`,
        ])
      : printed('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
  return command !== undefined && command.includes('postgres') && command.includes(dataDir);
}

/** False only when nothing has this pid: not being allowed to signal it shows that it is there. */
export function isSignalable(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

function printed(command: string, args: string[]): string | undefined {
  try {
    return (
      execFileSync(command, args, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim() || undefined
    );
  } catch {
    return undefined;
  }
}
