import { type BrowserContext, chromium, type Page } from 'playwright-core';
import type { LocalCertificate } from '../../tools/local-certificate.mjs';
import { findChromium } from './chromium-binary.mjs';
import { cookieJar } from './cookie-jar.js';
import { httpClient, type HttpClient } from './http.js';
import { scratchDir } from './run-environment.js';

/** Keys are made in software, because a server has no TPM. */
const FEATURES =
  '--enable-features=DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting';
/** Of playwright-core: the last `--enable-features` would win. */
const OVERRIDDEN = ['--enable-features=CDPScreenshotNewSurface'];

/**
 * A headless Chromium that binds sessions, with a profile of its own: its browser counts its signatures from nothing.
 */
export async function boundBrowser({ spki }: LocalCertificate): Promise<BrowserContext> {
  return chromium.launchPersistentContext(scratchDir('dbsc'), {
    executablePath: findChromium({ install: false }),
    ignoreDefaultArgs: OVERRIDDEN,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      FEATURES,
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--ignore-certificate-errors-spki-list=${spki}`,
    ],
    timeout: 60_000,
  });
}

export const statusOf = (page: Page, path = '/me', method = 'GET'): Promise<number> =>
  page.evaluate(([asked, how]) => fetch(asked, { method: how }).then(({ status }) => status), [
    path,
    method,
  ] as const);

export async function signIn(page: Page, email: string, password: string): Promise<void> {
  const status = await page.evaluate(
    (body) =>
      fetch('/auth/login', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }).then((answer) => answer.status),
    { email, password },
  );
  if (status !== 200) throw new Error(`the sign-in was answered ${String(status)}`);
}

/** Another client with all the browser's cookies. */
export async function copiedJar(
  context: Pick<BrowserContext, 'cookies'>,
  origin: string,
): Promise<HttpClient> {
  const jar = cookieJar();
  for (const { name, value, path } of await context.cookies()) jar.set(name, value, path);
  return httpClient(origin, jar);
}
