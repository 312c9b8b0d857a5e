import { type Browser, chromium } from 'playwright-core';
import { findChromium } from './chromium-binary.mjs';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Headless, with a temporary profile. Every context is a separate user's browser with its own cookies, storage and
 * locks; its pages are tabs.
 */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium({ install: false });
  if (!executablePath) throw new Error('No Chromium was found: install one, or set CHROMIUM_PATH');
  return chromium.launch({ executablePath, args: ARGS, timeout: 60_000 });
}
