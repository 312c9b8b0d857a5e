import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { logIn, register, type Stage } from './stage.js';
import { USER_AGENTS, visit } from './visitor.js';

const FOLDER = fileURLToPath(new URL('../../docs/screenshots', import.meta.url));
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
/** User agent, age of the sign-in, age of the last use, and address. */
const PAST = [
  [USER_AGENTS.firefox, '12 days', '3 hours', '203.0.113.24'],
  [USER_AGENTS.iphone, '2 days', '4 minutes', '198.51.100.7'],
  ['curl/8.9.1', '50 minutes', '50 minutes', '127.0.0.1'],
] as const;

/** Makes docs/screenshots: sign-in and sessions, on a phone and a desktop, light and dark. */
export async function takePictures(browser: Browser, stage: Stage): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const client = stage.demos.express.client();
  const person = await register(client);
  const email = 'ines@example.com';
  await stage.rows('update users set email = $2 where id = $1', person.id, email);
  for (const [userAgent, created, used, ip] of PAST) {
    const isBrowser = userAgent.startsWith('Mozilla');
    await logIn(
      browsing(client.copy(), userAgent),
      { ...person, email },
      { rememberMe: isBrowser },
    );
    await stage.rows(
      `update auth_sessions set created_at = now() - $3::interval, last_used_at = now() - $4::interval, last_ip = $5
       where subject = $1 and user_agent = $2`,
      person.id,
      userAgent,
      created,
      used,
      ip,
    );
  }
  for (const [size, viewport] of Object.entries(SIZES))
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, context, ...me } = await visit(
        browser,
        `http://localhost:${String(stage.demos.express.port)}`,
        {
          viewport,
          colorScheme,
        },
      );
      const picture = (name: string) =>
        page.screenshot({ path: `${FOLDER}/${name}-${size}-${colorScheme}.png` });
      await picture('sign-in');
      await me.signIn({ ...person, email });
      await page.getByRole('button', { name: 'Rotate now' }).click();
      await me.told('refresh.rotated');
      await page.mouse.move(0, 0);
      await page.evaluate(() => {
        (document.activeElement as HTMLElement).blur();
        scrollTo(0, 0);
      });
      await picture('sessions');
      await page.getByRole('button', { name: 'Sign out', exact: true }).click();
      await page.getByText('You are signed out.').waitFor();
      await context.close();
    }
}

/** The same client with another user agent. */
function browsing(client: ReturnType<Stage['demos']['express']['client']>, userAgent: string) {
  return {
    ...client,
    post: (path: string, json?: unknown) =>
      client.post(path, json, { headers: { 'user-agent': userAgent } }),
  };
}
