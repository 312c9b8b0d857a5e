// `npm run start:tls`: the demo over HTTPS with a certificate that is made on the first start, and sessions bound where
// the browser can (docs/bound-sessions.md). TLS_CERT and TLS_KEY, or DEVICE_BOUND, set otherwise win.
import { join, resolve } from 'node:path';
import { localCertificate } from './local-certificate.mjs';

const { env } = process;
if (!env.TLS_CERT && !env.TLS_KEY) {
  const { cert, key, spki } = await localCertificate(join(resolve(env.DATA_DIR || '.data'), 'tls'));
  env.TLS_CERT = cert;
  env.TLS_KEY = key;
  console.log(
    [
      `Certificate: ${cert}`,
      'A browser binds a session only where it trusts the certificate without a click. A Chromium with a profile of its own that does:',
      `  chromium --user-data-dir="$(mktemp -d)" --ignore-certificate-errors-spki-list=${spki} \\`,
      '    --enable-features=DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting \\',
      `    https://localhost:${env.PORT || 3000}`,
    ].join('\n'),
  );
}
env.DEVICE_BOUND ||= 'offer';
await import('../dist/apps/demo/src/main.js');
