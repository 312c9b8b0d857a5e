import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { launchChromium } from './chromium.js';
import { STAGE_TIMEOUT_MS } from './stage.js';
import { visit, type Visitor } from './visitor.js';

/** One browser for the calling file. After each test its visitors are closed, and must have no complaints. */
export function visits({ but }: { readonly but?: () => string } = {}) {
  let browser: Browser;
  const visitors: Visitor[] = [];
  beforeAll(async () => {
    browser = await launchChromium();
  }, STAGE_TIMEOUT_MS);
  afterAll(() => browser?.close());
  afterEach(async () => {
    const gone = visitors.splice(0);
    await Promise.all(gone.map(({ context }) => context.close()));
    const complaints = gone.flatMap((visitor) => visitor.complaints);
    expect(complaints.filter((each) => !but || !each.startsWith(but()))).toEqual([]);
  });
  return {
    browser: () => browser,
    async arriveAt(url: string, options: BrowserContextOptions = {}): Promise<Visitor> {
      const visitor = await visit(browser, url, options);
      visitors.push(visitor);
      return visitor;
    },
  };
}
