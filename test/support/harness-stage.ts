import { afterAll, afterEach, beforeAll, beforeEach, jest } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { launchChromium } from './chromium.js';
import { type FrontDoor, openFrontDoor } from './harness.js';
import type { Harness } from './harness-page.js';
import { afterStart } from './use-stage.js';
import { ADAPTERS, type Person, register, STAGE_TIMEOUT_MS, startStage } from './stage.js';

declare const harness: Harness;

/** Both demos, each behind a front door with the harness page, and a browser. */
async function harnessStage() {
  const [stage, browser] = await Promise.all([
    startStage({ env: { REUSE_LEEWAY: '0', DPOP: 'offer', DEVICE_BOUND: 'offer' } }),
    launchChromium(),
  ]);
  const [express, fastify] = await Promise.all(
    ADAPTERS.map((each) => openFrontDoor(stage.demos[each].url)),
  );
  const doors = { express: express as FrontDoor, fastify: fastify as FrontDoor };
  return {
    stage,
    browser,
    doors,
    async close(): Promise<void> {
      await browser.close();
      await Promise.all(Object.values(doors).map((door) => door.close()));
      await stage.close();
    },
  };
}

type HarnessStage = Awaited<ReturnType<typeof harnessStage>>;

export interface HarnessWorld extends Pick<HarnessStage, 'stage' | 'browser' | 'doors'> {
  readonly person: Person;
  /** That person's browser; its pages are tabs. */
  readonly context: BrowserContext;
}

/** For the calling file: the stage, and for each test a new person with a browser of their own. */
export function useHarness(): HarnessWorld {
  let started: HarnessStage | undefined;
  let visit: Pick<HarnessWorld, 'person' | 'context'> | undefined;
  // a page is a process of its own, on a machine that may be busy
  jest.setTimeout(60_000);
  beforeAll(async () => {
    started = await harnessStage();
  }, STAGE_TIMEOUT_MS);
  afterAll(() => started?.close());
  beforeEach(async () => {
    const { stage, browser } = afterStart(started);
    visit = {
      context: await browser.newContext(),
      person: await register(stage.demos.express.client()),
    };
  });
  afterEach(() => visit?.context.close());
  return {
    get stage() {
      return afterStart(started).stage;
    },
    get browser() {
      return afterStart(started).browser;
    },
    get doors() {
      return afterStart(started).doors;
    },
    get person() {
      return afterStart(visit).person;
    },
    get context() {
      return afterStart(visit).context;
    },
  };
}

export const events = (tab: Page): Promise<string[]> => tab.evaluate(() => harness.events);
export const status = (tab: Page, path = '/notes'): Promise<number> =>
  tab.evaluate((asked) => harness.status(asked), path);
export const signIn = (tab: Page, person: Person): Promise<unknown> =>
  tab.evaluate(
    ([email, password]) => harness.login(email!, password!),
    [person.email, person.password],
  );
export const refreshes = (door: FrontDoor): number =>
  door.requests.filter((request) => request === 'POST /auth/refresh').length;
