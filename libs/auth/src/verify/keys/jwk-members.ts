import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** A cache: a key is read again at each refresh of its source, and reading its members parses a copy. */
const known = new WeakMap<KeyObject, Readonly<JsonWebKey>>();

/**
 * The members of an RSA or EC key (RFC 7518, section 6), for a private key including the private ones.
 *
 * Node holds the key's lock while it makes them, and the job that generated the key takes the same
 * lock when it is garbage-collected. Reading a fresh key directly can therefore block the process
 * for ever. A copy has its own lock.
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
  // private members are kept only in the key itself
  if (key.type === 'public') known.set(key, members);
  return members;
}
