import { afterAll, beforeAll } from '@jest/globals';
import {
  type Adapter,
  type Stage,
  STAGE_TIMEOUT_MS,
  type StageOptions,
  startStage,
} from './stage.js';

/** For the calling file: a stage that starts before its tests and closes after them. */
export function useStage<A extends Adapter = Adapter>(options?: StageOptions<A>): Stage<A> {
  let started: Stage<A> | undefined;
  beforeAll(async () => {
    started = await startStage(options);
  }, STAGE_TIMEOUT_MS);
  afterAll(() => started?.close());
  const running = (): Stage<A> => {
    if (!started) throw new Error('the stage has not started: use it within tests and hooks');
    return started;
  };
  return {
    get demos() {
      return running().demos;
    },
    get env() {
      return running().env;
    },
    get redis() {
      return running().redis;
    },
    rows: (...asked) => running().rows(...asked),
    signed: (...asked) => running().signed(...asked),
    close: () => running().close(),
  };
}
