/** A P-256 key whose private key cannot be exported. */
export interface ProofKey {
  /** The public key. */
  readonly jwk: PublicJwk;
  /** ES256: `r` and `s`, 32 bytes each (IEEE P1363). Convert signatures in DER (Secure Enclave, Keystore). */
  sign(data: Uint8Array): Promise<Uint8Array>;
}

export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  /** base64url, as `y`. */
  readonly x: string;
  readonly y: string;
}

export type Sha256 = (data: Uint8Array) => Promise<Uint8Array>;

/** The request that a proof is made for (RFC 9449, section 4.2). */
export interface ProofOf {
  readonly method: string;
  readonly url: string;
  /** The time by the server's clock. */
  readonly nowMs: number;
  readonly token?: string | undefined;
  readonly nonce?: string | undefined;
}

const encoder = new TextEncoder();
const JTI_WORDS = 4;

export const sha256: Sha256 = async (data) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', data as Uint8Array<ArrayBuffer>));

export async function makeProof(key: ProofKey, of: ProofOf, digest: Sha256): Promise<string> {
  const { method, url, nowMs, token, nonce } = of;
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: key.jwk };
  const claims = {
    jti: crypto.getRandomValues(new Uint32Array(JTI_WORDS)).join('-'),
    htm: method.toUpperCase(),
    // a socket has the scheme of its handshake
    htu: url.replace(/[?#].*$/s, '').replace(/^ws/i, 'http'),
    iat: Math.floor(nowMs / 1000),
    ...(token !== undefined && { ath: base64url(await digest(encoder.encode(token))) }),
    ...(nonce !== undefined && { nonce }),
  };
  const signed = [header, claims]
    .map((part) => base64url(encoder.encode(JSON.stringify(part))))
    .join('.');
  return `${signed}.${base64url(await key.sign(encoder.encode(signed)))}`;
}

/** The thumbprint (RFC 7638) that stands in a token's `cnf.jkt`. */
export async function thumbprint({ crv, kty, x, y }: PublicJwk, digest: Sha256): Promise<string> {
  return base64url(await digest(encoder.encode(JSON.stringify({ crv, kty, x, y }))));
}

/** `cnf.jkt` of a JWS; undefined if there is none, or if only the server can read the token. */
export function boundKeyOf(token: string): string | undefined {
  try {
    const text = atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'));
    return (JSON.parse(text) as { readonly cnf?: { readonly jkt?: string } }).cnf?.jkt;
  } catch {
    return undefined;
  }
}

function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
