import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { RefreshSecrets } from '../sessions/refresh-secrets.js';

/*
 * base64url(JSON) ‖ "." ‖ base64url(HMAC-SHA256 of the JSON). The browser that began the sign-in keeps this text, so
 * that a start writes nothing to the database. Nothing in it is secret to that browser.
 */

const counter = z.int().min(0);

const keptSchema = z.object({
  provider: z.string(),
  returnTo: z.string(),
  /** `state`, `nonce` and the PKCE verifier are derived from it. */
  secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** Milliseconds since the epoch. */
  until: counter,
  /**
   * The signed device id of the request that began: its cookie is `Strict`, and is not sent when the provider sends the
   * browser back.
   */
  device: z.string().optional(),
  maxAgeSeconds: counter.optional(),
  /** Of the request that began: the callback comes to one host for all tenants. */
  tenant: z.string().optional(),
  /** The signed-in user who links an identity, with the counters as they were when the fresh proof was checked. */
  linking: z
    .object({
      subject: z.string(),
      sessionId: z.string(),
      state: z.object({ tokenVersion: counter, epoch: counter }).readonly(),
    })
    .readonly()
    .optional(),
});

export type KeptRequest = Readonly<z.output<typeof keptSchema>>;

/** Leaves room for the name and the attributes of the cookie in the 4,096 bytes that browsers keep. */
const MAX_CHARACTERS = 3900;
const WRITTEN = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})$/;

/**
 * With `/` as `returnTo` where the whole would be longer than a browser keeps: a sign-in that begins can be finished.
 */
export function writeRequest(
  { minting }: Pick<RefreshSecrets, 'minting'>,
  kept: KeptRequest,
): string {
  const body = Buffer.from(JSON.stringify(kept)).toString('base64url');
  const text = `${body}.${macOf(minting, body).toString('base64url')}`;
  const isTooLong = text.length > MAX_CHARACTERS && kept.returnTo !== '/';
  return isTooLong ? writeRequest({ minting }, { ...kept, returnTo: '/' }) : text;
}

/** Undefined for a text that no process of ours wrote, and for one that has expired. */
export function readRequest(
  { peppers }: Pick<RefreshSecrets, 'peppers'>,
  text: string | undefined,
  nowMs: number,
): KeptRequest | undefined {
  const [, body, mac] =
    (text !== undefined && text.length <= MAX_CHARACTERS && WRITTEN.exec(text)) || [];
  if (body === undefined || mac === undefined) return undefined;
  const presented = Buffer.from(mac, 'base64url');
  if (!peppers.some((pepper) => timingSafeEqual(presented, macOf(pepper, body)))) return undefined;
  const read = keptSchema.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')));
  return read.success && nowMs < read.data.until ? read.data : undefined;
}

function macOf({ oidc }: RefreshSecrets['minting'], body: string): Buffer {
  return createHmac('sha256', oidc.reveal()).update(body, 'ascii').digest();
}
