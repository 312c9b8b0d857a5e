import type { HttpClient } from './http.js';
import type { Person, Stage } from './stage.js';

/** The person's sessions, in the order in which they were opened. */
export const sessionsOf = (stage: Pick<Stage, 'rows'>, { id }: Pick<Person, 'id'>) =>
  stage.rows(
    `select generation, ended_at is null as open, end_reason from auth_sessions
     where subject = $1 order by created_at`,
    id,
  );

/** Presents the token in the cookie, and no other cookie. */
export const refreshWith = (token: string | undefined, from: HttpClient) =>
  from.post('/auth/refresh', undefined, {
    headers: { cookie: `refresh_token=${token}` },
    cookies: 'omit',
  });

/** Moves the last rotation of the person's sessions into the past, by the database's clock. */
export const letPass = (stage: Pick<Stage, 'rows'>, { id }: Pick<Person, 'id'>, seconds: number) =>
  stage.rows(
    `update auth_sessions set rotated_at = rotated_at - $2 * interval '1 second' where subject = $1`,
    id,
    seconds,
  );
