import type { Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.js';
import { asText, type Engine, type Tab } from './engine.js';

export async function startChromium(): Promise<Engine> {
  const browser = await launchChromium();
  const asTab = (page: Page): Tab => ({
    goto: async (url) => void (await page.goto(url)),
    run: async (script, ...args) =>
      JSON.parse(
        await page.evaluate<string>(`(${asText(script)})(${JSON.stringify(JSON.stringify(args))})`),
      ),
    close: () => page.close(),
  });
  return {
    version: `Chromium ${browser.version()}`,
    async profile() {
      const context = await browser.newContext();
      return {
        async open(url) {
          const page = await context.newPage();
          await page.goto(url);
          return asTab(page);
        },
        close: () => context.close(),
      };
    },
    close: () => browser.close(),
  };
}
