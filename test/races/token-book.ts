import { createHash } from 'node:crypto';

/** The fields in a refresh token, in the layout of the library's refresh-token codec. */
export interface ReadToken {
  readonly sessionId: string;
  readonly generation: number;
  /** SHA-256 of the secret, as stored in the database. */
  readonly hash: string;
}

export function readToken(token: string): ReadToken {
  const bytes = Buffer.from(token, 'base64url');
  const id = bytes.subarray(1, 17).toString('hex');
  return {
    sessionId: id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    generation: bytes.readUInt32BE(17),
    hash: createHash('sha256').update(bytes.subarray(21, 53)).digest('hex'),
  };
}

/**
 * Every token that any client got. The tokens of a session must form a chain: a second successor of one token, a second
 * token of one generation or a token with two predecessors would be two live tokens.
 */
export class TokenBook {
  readonly violations: string[] = [];
  private readonly successors = new Map<string, string>();
  private readonly predecessors = new Map<string, string>();
  private readonly generations = new Map<string, string>();

  constructor(private readonly leewayMs: number) {}

  opened(token: string): void {
    if (readToken(token).generation !== 1) this.violation(token, 'a login opened an old session');
    this.note(token);
  }

  /** `replayed` if the token was in an earlier answer. */
  answered(presented: string, successor: string): 'rotated' | 'replayed' {
    const earlier = this.successors.get(presented);
    if (earlier !== undefined) {
      if (earlier !== successor) this.violation(presented, 'has two successors');
      if (this.leewayMs === 0) this.violation(presented, 'was accepted twice without leeway');
      return 'replayed';
    }
    const [before, after] = [readToken(presented), readToken(successor)];
    if (after.sessionId !== before.sessionId)
      this.violation(presented, 'was answered for another session');
    if (after.generation !== before.generation + 1)
      this.violation(presented, 'skipped a generation');
    if (this.predecessors.has(successor)) this.violation(successor, 'has two predecessors');
    this.note(successor);
    this.successors.set(presented, successor);
    this.predecessors.set(successor, presented);
    return 'rotated';
  }

  /** Names the session and the generation, never the token. */
  violation(token: string, what: string): void {
    const { sessionId, generation } = readToken(token);
    this.violations.push(`${sessionId} generation ${generation}: ${what}`);
  }

  /** The number of tokens of a session with this hash: one if a client got the row's current token. */
  holdersOf(sessionId: string, hash: string): number {
    return [...this.generations.entries()].filter(
      ([key, token]) => key.startsWith(`${sessionId} `) && readToken(token).hash === hash,
    ).length;
  }

  private note(token: string): void {
    const { sessionId, generation } = readToken(token);
    const key = `${sessionId} ${generation}`;
    const other = this.generations.get(key);
    if (other !== undefined && other !== token)
      this.violation(token, 'two tokens of one generation');
    this.generations.set(key, token);
  }
}
