import { type LoginCandidate, UserDirectory } from '@tokenward/nestjs';
import { z } from 'zod';

const Answer = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string().optional(),
  role: z.string().optional(),
  permissions: z.array(z.string()).default([]),
  disabled: z.boolean().default(false),
  passwordHash: z.string().optional(),
});

/**
 * Users kept by another service, asked over HTTP: `GET /users?email=`, `GET /users/:id`, `PUT /users/:id/password-hash
 * {expected, next}`. An answer that is neither a user nor 404 throws, so that an outage is a 503 and never "no such
 * user".
 */
export class RemoteUsers extends UserDirectory {
  constructor(private readonly baseUrl: string) {
    super();
  }

  findByEmail(email: string): Promise<LoginCandidate | undefined> {
    return this.read(`/users?email=${encodeURIComponent(email)}`);
  }

  findById(id: string): Promise<LoginCandidate | undefined> {
    return this.read(`/users/${encodeURIComponent(id)}`);
  }

  /** The other service compares and sets in one step: 409 when the hash is no longer `expected`. */
  async replacePasswordHash(id: string, expected: string, next: string): Promise<boolean> {
    const answer = await this.send(`/users/${encodeURIComponent(id)}/password-hash`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ expected, next }),
    });
    if (answer.ok) return true;
    if (answer.status === 409) return false;
    throw new Error(`the user service answered ${answer.status}`);
  }

  private async read(path: string): Promise<LoginCandidate | undefined> {
    const answer = await this.send(path);
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(`the user service answered ${answer.status}`);
    const { passwordHash, ...account } = Answer.parse(await answer.json());
    return { account, passwordHash };
  }

  private send(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.baseUrl + path, { ...init, signal: AbortSignal.timeout(1_000) });
  }
}
