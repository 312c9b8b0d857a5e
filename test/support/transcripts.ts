import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { scratchDir } from './run-environment.js';

const execute = promisify(execFile);

/** The shells of readers: bash, and zsh if it is installed. */
export const SHELLS: readonly string[] = ['bash', 'zsh'].filter(
  (shell) => spawnSync(shell, ['-c', 'true']).status === 0,
);

/**
 * The commands that a section of a page has readers paste, from the block that starts with `from`, with replaced words.
 */
export function pasted(
  page: string,
  section: string,
  from: string,
  changes: Readonly<Record<string, string>>,
): string {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const [, rest = ''] = text.split(`\n## ${section}\n`);
  const blocks = [...(rest.split('\n## ')[0] ?? '').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(
    ([, code = '']) => code,
  );
  const first = blocks.findIndex((code) => code.startsWith(from));
  if (first < 0) throw new Error(`${page} has no block that begins with ${from}`);
  return Object.entries(changes).reduce((script, [words, others]) => {
    if (!script.includes(words)) throw new Error(`${page} does not say ${words}`);
    return script.replaceAll(words, others);
  }, blocks.slice(first).join(''));
}

/** The shell's output when it gets the text line by line, in an empty folder. */
export async function printedBy(shell: string, script: string): Promise<string[]> {
  const running = execute(shell, ['-s'], { cwd: scratchDir(`transcript-${shell}`) });
  running.child.stdin?.end(script);
  return (await running).stdout.trim().split('\n');
}
