// A certificate of this machine's own for the demo and its tests: P-256, for localhost and 127.0.0.1, made once and
// kept.
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

const DAY_MS = 86_400_000;
const LIFE_DAYS = 90;
const RENEWED_BEFORE_DAYS = 7;

/**
 * Paths of its PEM files in `dir`, and what Chromium's `--ignore-certificate-errors-spki-list` takes: SHA-256 of the
 * public key, base64.
 */
export async function localCertificate(dir) {
  const [cert, key] = [join(dir, 'localhost.cert.pem'), join(dir, 'localhost.key.pem')];
  if (!isGood(cert, key)) {
    const made = await generate([{ name: 'commonName', value: 'localhost' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      curve: 'P-256',
      notAfterDate: new Date(Date.now() + LIFE_DAYS * DAY_MS),
      extensions: [
        { name: 'basicConstraints', cA: false, critical: true },
        { name: 'keyUsage', digitalSignature: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true },
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: '127.0.0.1' },
          ],
        },
      ],
    });
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    writeFileSync(key, made.private, { mode: 0o600 });
    writeFileSync(cert, made.cert);
  }
  const { publicKey } = new X509Certificate(readFileSync(cert));
  const spki = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
  return { cert, key, spki };
}

function isGood(cert, key) {
  if (!existsSync(cert) || !existsSync(key)) return false;
  try {
    const { validTo } = new X509Certificate(readFileSync(cert));
    return Date.parse(validTo) - Date.now() > RENEWED_BEFORE_DAYS * DAY_MS;
  } catch {
    return false;
  }
}
