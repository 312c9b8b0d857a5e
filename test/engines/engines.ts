import { existsSync } from 'node:fs';
import { findChromium } from '../support/chromium-binary.mjs';
import { startChromium } from './chromium.js';
import type { Engine } from './engine.js';
import { startFirefox } from './firefox.js';
import { startWebKit } from './webkit.js';

const found = (...paths: readonly string[]): string | undefined =>
  paths.find((path) => existsSync(path));

const firefox = found('/usr/bin/firefox-esr', '/usr/bin/firefox');
const driver = found('/usr/bin/WebKitWebDriver');
const display = found('/usr/bin/Xvfb');
const browser = found(
  `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/webkit2gtk-4.1/MiniBrowser`,
);

/** The engines on this machine. Debian: `apt-get install chromium firefox-esr webkit2gtk-driver xvfb`. */
export const ENGINES: readonly (readonly [string, () => Promise<Engine>])[] = [
  ...(findChromium({ install: false }) ? [['Chromium', startChromium] as const] : []),
  ...(firefox ? [['Firefox', () => startFirefox(firefox)] as const] : []),
  ...(driver && display && browser
    ? [['WebKit', () => startWebKit({ driver, browser, display })] as const]
    : []),
];
