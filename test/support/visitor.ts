import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

export const USER_AGENTS = {
  firefox: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
  iphone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
} as const;

/** Console messages that tests provoke; any other message in the console is a defect. */
const EXPECTED = /^Failed to load resource: the server responded with a status of 40[0139] /;

/** A user with a separate browser on the demo's page. */
export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Console errors and warnings (including CSP violations), uncaught exceptions, requests to other origins. */
  readonly complaints: readonly string[];
  /** How often a socket of the page was closed, and the time of the last one (`performance.now()`). */
  readonly sockets: { closed: number };
  signIn(person: { readonly email: string; readonly password: string }): Promise<void>;
  /** Opens a page by its link. */
  go(to: 'Sessions' | 'Notes' | 'Account' | 'Mailbox' | 'Users'): Promise<void>;
  /** The error of the input with that label, which must have the focus. */
  wrongAt(label: string): Promise<string>;
  /** The newest event in the panel, when it has that type. */
  told(type: string): Promise<string>;
}

export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const sockets = { closed: 0 };
  page.on('console', (message) => {
    const isBad = message.type() === 'error' || message.type() === 'warning';
    if (isBad && !EXPECTED.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== url) complaints.push(`a request to ${request.url()}`);
  });
  page.on('websocket', (socket) => {
    socket.on('close', () => void sockets.closed++);
  });
  await page.goto(url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return {
    page,
    context,
    complaints,
    sockets,
    async signIn({ email, password }) {
      await page.getByLabel('Email').fill(email);
      await page.getByLabel('Password', { exact: true }).fill(password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('table').waitFor();
      await page.getByText('Live', { exact: true }).waitFor();
    },
    async go(to) {
      await page.getByRole('navigation').getByRole('link', { name: to }).click();
      await page.getByRole('heading', { level: 1, name: to }).waitFor();
    },
    async wrongAt(label) {
      const input = page.getByLabel(label, { exact: true });
      await input.and(page.locator('[aria-invalid=true]:focus')).waitFor();
      return input.evaluate((element) => {
        const ids = element.getAttribute('aria-describedby')?.split(' ') ?? [];
        return document.getElementById(ids[0] ?? '')?.innerText ?? '';
      });
    },
    async told(type) {
      const entry = page.locator(`.activity li[data-type="${type}"]`).first();
      await entry.waitFor();
      return (await entry.textContent()) ?? '';
    },
  };
}
