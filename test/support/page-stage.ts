import { afterAll, beforeAll } from '@jest/globals';
import type { BrowserContextOptions } from 'playwright-core';
import {
  type Adapter,
  type Person,
  register,
  type Stage,
  STAGE_TIMEOUT_MS,
  startStage,
} from './stage.js';
import type { Visitor } from './visitor.js';
import { visits } from './visits.js';

/** For the calling file: the stage, and one browser. */
export function pageStage() {
  const { arriveAt, browser } = visits();
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
  }, STAGE_TIMEOUT_MS);
  afterAll(() => stage?.close());

  const arrive = (
    options: BrowserContextOptions = {},
    adapter: Adapter = 'express',
  ): Promise<Visitor> => arriveAt(stage.demos[adapter].url, options);
  const someone = (): Promise<Person> => register(stage.demos.express.client());
  return {
    arrive,
    browser,
    someone,
    stage: () => stage,
    async someoneIn(): Promise<{ person: Person; me: Visitor }> {
      const [person, me] = await Promise.all([someone(), arrive()]);
      await me.signIn(person);
      return { person, me };
    },
  };
}

/** Waits for the sign-in page with the reason on it. */
export const signedOut = (visitor: Visitor) =>
  visitor.page.getByText('This browser was signed out').waitFor();
