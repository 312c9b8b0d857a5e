import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** A key is read again with each refresh of its source, and the copy is parsed anew. */
const known = new WeakMap<KeyObject, Readonly<JsonWebKey>>();

/**
 * The members of an RSA or EC key (RFC 7518, section 6), private ones included for a private key.
 *
 * Node holds a key's lock while it makes them, and the job that generated the key takes the same lock when it is
 * collected: asked of a fresh key itself, a process can stand still for ever. A copy has a lock of its own.
 */
export function jwkMembers(key: KeyObject): Readonly<JsonWebKey> {
  const before = known.get(key);
  if (before) return before;
  const format = 'der';
  const copy =
    key.type === 'private'
      ? createPrivateKey({ key: key.export({ format, type: 'pkcs8' }), format, type: 'pkcs8' })
      : createPublicKey({ key: key.export({ format, type: 'spki' }), format, type: 'spki' });
  const members = Object.freeze(copy.export({ format: 'jwk' }));
  // what signs is kept by its key alone
  if (key.type === 'public') known.set(key, members);
  return members;
}
