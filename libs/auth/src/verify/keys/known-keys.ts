import { createHash } from 'node:crypto';

/** RFC 7638 thumbprints of keys whose private half is printed in public: anyone can sign with them. */
const KNOWN_PUBLIC_KEYS: ReadonlySet<string> = new Set([
  'oGDmHqCJ7yzMkWEkrlZVHkvrHIyQwtlDmeq5ForUHeY', // jwt.io, RS and PS
  '19J8y7Zprt2-QKLjF2I5pVk0OELX6cY2AfaAv1LC_w8', // jwt.io, ES256
  'iTqXXI0zbAnJCKDaobfhkM1f-6rMSpTfyZMRp_2tKI8', // jwt.io, ES384
  'xZDfZpry4P9vZPZyG2fNBRj-7Lz5omVdm7tHoCgSNfY', // jwt.io, ES512
  'IsUn6_e04MaShXFIISMp4kG62LWzMIPy_MvSA5pJgX8', // RFC 7515, appendix A.2
  'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U', // RFC 7515, appendix A.3
  'u5YUSjQ2-2chBi51NSk3t3g7IM4o2KYcnPqPtCNGd3U', // RFC 7515, appendix A.4
  'cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s', // RFC 7517, appendix A
  'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs', // RFC 7517, appendix A, and RFC 7638
]);

const KNOWN_TEXTS = [
  'secret',
  'your-secret-key',
  'your-256-bit-secret',
  'your-384-bit-secret',
  'your-512-bit-secret',
  'a-string-secret-at-least-256-bits-long',
  'a-string-secret-at-least-384-bits-long',
  'a-string-secret-at-least-512-bits-long',
  'a-valid-string-secret-that-is-at-least-256-bits-long',
  'a-valid-string-secret-that-is-at-least-384-bits-long',
  'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
];
const KNOWN_BYTES = [
  'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow', // RFC 7515, appendix A.1
  'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg', // RFC 7520, section 3.5
];

const digest = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('base64url');
const KNOWN_SECRETS: ReadonlySet<string> = new Set([
  ...KNOWN_TEXTS.flatMap((text) => [digest(text), digest(Buffer.from(text, 'base64url'))]),
  ...KNOWN_BYTES.map((text) => digest(Buffer.from(text, 'base64url'))),
]);

export function isKnownPublicKey(thumbprint: string): boolean {
  return KNOWN_PUBLIC_KEYS.has(thumbprint);
}

export function isKnownSecret(secret: string | Buffer): boolean {
  return KNOWN_SECRETS.has(digest(secret));
}
