import { afterAll, beforeAll } from '@jest/globals';
import {
  type Adapter,
  type Stage,
  STAGE_TIMEOUT_MS,
  type StageOptions,
  startBoth,
  startStage,
} from './stage.js';

type Demos = Stage['demos'];
type Env = Stage['env'];

export interface UsedStage<A extends Adapter> extends Omit<Stage<A>, 'close'> {
  /** A demo more on each adapter, started after those of the stage; `env` makes their environment of its own. */
  beside(env: (own: Env) => Env): Demos;
}

/** For the calling file: a stage that starts before its tests and closes after them. */
export function useStage<A extends Adapter = Adapter>(options?: StageOptions<A>): UsedStage<A> {
  let started: Stage<A> | undefined;
  const beside: Demos[] = [];
  beforeAll(async () => {
    started = await startStage(options);
  }, STAGE_TIMEOUT_MS);
  afterAll(async () => {
    await Promise.all(beside.flatMap(({ express, fastify }) => [express.stop(), fastify.stop()]));
    await started?.close();
  });
  const running = () => afterStart(started);
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
    beside(env) {
      let more: Demos | undefined;
      beforeAll(async () => {
        beside.push((more = await startBoth(env(running().env))));
      }, STAGE_TIMEOUT_MS);
      return {
        get express() {
          return afterStart(more).express;
        },
        get fastify() {
          return afterStart(more).fastify;
        },
      };
    },
  };
}

export function afterStart<T>(started: T | undefined): T {
  if (started === undefined) throw new Error('not started yet: use it within tests and hooks');
  return started;
}
