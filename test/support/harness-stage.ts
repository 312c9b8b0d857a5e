import type { Page } from 'playwright-core';
import { launchChromium } from './chromium.js';
import { type FrontDoor, openFrontDoor } from './harness.js';
import type { Harness } from './harness-page.js';
import { ADAPTERS, type Person, startStage } from './stage.js';

declare const harness: Harness;

/** Both demos, each behind a front door with the harness page, and a browser. */
export async function harnessStage() {
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

export type HarnessStage = Awaited<ReturnType<typeof harnessStage>>;

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
