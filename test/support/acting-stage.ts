import { beforeAll, expect } from '@jest/globals';
import type { HttpAnswer, HttpClient } from './http.js';
import { type Adapter, admin, claimsOf, logIn, type Person, type Row, signUp } from './stage.js';
import { useStage } from './use-stage.js';

export const DENIED = {
  statusCode: 403,
  error: 'Forbidden',
  message: 'Access denied',
  code: 'forbidden',
};

interface Acting {
  readonly user: { readonly id: string };
  readonly tokenType: string;
  readonly expiresIn: number;
  readonly accessToken: string;
  readonly refreshToken: string;
}

export function tokensOf(answer: HttpAnswer): Acting {
  expect([answer.status, answer.headers['content-type']]).toEqual([
    200,
    expect.stringMatching(/json/),
  ]);
  return answer.json<Acting & object>();
}

export const sidOf = ({ accessToken }: Pick<Acting, 'accessToken'>) =>
  String(claimsOf(accessToken)['sid']);

/** For the calling file: the stage, and its admins. */
export function actingStage() {
  const stage = useStage();
  let root: Person;
  beforeAll(async () => {
    const [found] = await stage.rows('select id from users where email = $1', admin.email);
    root = { ...admin, id: String(found?.['id']) };
  });

  const client = (adapter: Adapter): HttpClient => stage.demos[adapter].client();
  const signedIn = async (adapter: Adapter, who: Pick<Person, 'email' | 'password'>) => {
    const made = client(adapter);
    await logIn(made, who);
    return made;
  };
  const auditOf = (sessionId: string): Promise<Row[]> =>
    stage.rows(
      'select type, subject, actor, detail from auth_audit where session_id = $1 order by id',
      sessionId,
    );
  return {
    stage: () => stage,
    /** The admin of the stage. */
    root: () => root,
    client,
    signedIn,
    auditOf,
    /** A new admin, signed in. */
    async newAdmin(adapter: Adapter): Promise<Person & { client: HttpClient }> {
      const person = await signUp(client(adapter));
      const boss = await signedIn(adapter, admin);
      expect((await boss.patch(`/admin/users/${person.id}`, { role: 'admin' })).status).toBe(200);
      return { ...person, client: await signedIn(adapter, person) };
    },
    async expectActorEnded(person: Person, accessToken: string, actor: Person): Promise<void> {
      expect((await auditOf(sidOf({ accessToken }))).at(-1)).toMatchObject({
        type: 'session.ended',
        subject: person.id,
        actor: actor.id,
        detail: { reason: 'actor_ended' },
      });
    },
  };
}
