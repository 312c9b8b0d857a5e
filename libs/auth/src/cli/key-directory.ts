import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SystemEntropy } from '../common/entropy.js';
import { publicHalf } from '../issue/keys/generate-key.js';
import type { SourceJwk } from '../storage/key-source.port.js';
import { exclusivelyIn } from './directory-lock.js';
import { CommandError } from './io.js';

export interface KeptKey {
  readonly file: string;
  readonly jwk: SourceJwk & { readonly kid: string };
}

const randomName = (): string => new SystemEntropy().bytes(6).toString('hex');

/**
 * A key directory that the command line changes: one JWK in each file (0600). Each change is
 * applied completely or not at all, by one command at a time.
 */
export class KeyFiles {
  constructor(readonly dir: string) {}

  /**
   * Creates the directory (0700) when asked to. An existing directory keeps its mode, and is
   * refused if others can write to it.
   */
  open(missing: 'create' | 'refuse'): this {
    if (missing === 'create') mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    const stats = statSync(this.dir, { throwIfNoEntry: false });
    if (!stats?.isDirectory()) throw new CommandError(`${this.dir} is not a directory`);
    if (process.platform !== 'win32' && (stats.mode & 0o022) !== 0)
      throw new CommandError(
        `${this.dir} can be written by others, who could put keys of their own there: chmod 700 it`,
      );
    return this;
  }

  /** @throws CommandError when a file is not a single JWK with a kid */
  read(): KeptKey[] {
    const names = this.names();
    return names
      .sort()
      .map((name) => ({ file: join(this.dir, name), jwk: jwkOf(join(this.dir, name)) }));
  }

  /** The file that holds only this key. */
  ownFileOf(kid: string): KeptKey | undefined {
    for (const name of this.names()) {
      const file = join(this.dir, name);
      try {
        const jwk = jwkOf(file);
        if (jwk.kid === kid) return { file, jwk };
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
      }
    }
    return undefined;
  }

  private names(): string[] {
    return readdirSync(this.dir).filter((name) => /^[^.].*\.(?:json|jwk)$/.test(name));
  }

  /** The file name is a hash, so that no `kid` becomes part of a path. */
  add(jwk: SourceJwk & { readonly kid: string }): string {
    const file = join(this.dir, `key-${String(jwk.iat ?? 0)}-${randomName()}.json`);
    writeWhole(file, JSON.stringify(jwk));
    return file;
  }

  replace({ file }: KeptKey, jwk: SourceJwk): void {
    writeWhole(file, JSON.stringify(jwk));
  }

  remove({ file }: KeptKey): void {
    rmSync(file, { force: true });
  }

  /** For a key that signs nothing any more. Its public half stays, because it still verifies. */
  withoutPrivateHalf(kept: KeptKey): void {
    if (kept.jwk.kty !== 'oct' && kept.jwk.d !== undefined)
      this.replace(kept, publicHalf(kept.jwk));
  }

  /** One command at a time. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return exclusivelyIn(this.dir, work);
  }
}

/**
 * The file is 0600 from its first byte, and gets its name only once it is complete and on the disk.
 */
export function writeWhole(path: string, content: string): void {
  const draft = join(dirname(path), `.draft-${basename(path)}-${randomName()}`);
  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      // a umask can only remove bits of the mode; by its descriptor, since somebody else may have put a link in its
      // place
      fchmodSync(file, 0o600);
      giveToOwner(file, draft);
      writeSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** What root writes belongs to the owner of its directory: the service could not read it otherwise. */
function giveToOwner(file: number, path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(path));
  if (uid !== 0) fchownSync(file, uid, gid);
}

/** Writes both files or neither, with mode 0600, and never over an existing file or link. */
export function createBoth(
  ...files: readonly { readonly path: string; readonly content: string }[]
): void {
  const made: string[] = [];
  try {
    for (const { path, content } of files) {
      const file = openSync(path, 'wx', 0o600);
      made.push(path);
      try {
        giveToOwner(file, path);
        writeSync(file, content);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    }
  } catch (error) {
    for (const path of made) rmSync(path, { force: true });
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new CommandError(
      `${files[made.length]?.path ?? 'it'} is there already: keys are never overwritten`,
    );
  }
}

function jwkOf(path: string): KeptKey['jwk'] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    value = undefined;
  }
  const jwk = value as SourceJwk | undefined;
  if (typeof jwk !== 'object' || jwk === null || typeof jwk.kid !== 'string' || 'keys' in jwk)
    throw new CommandError(
      `${path} is not one JWK with a kid: tokenward changes only directories that it made`,
    );
  return jwk as KeptKey['jwk'];
}
