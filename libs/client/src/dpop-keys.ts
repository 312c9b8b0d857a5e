import { type ProofKey, type PublicJwk, type Sha256 } from './dpop-proof.js';
import { deadline, until } from './timers.js';

/**
 * The place where the key of the session is kept. The default in browsers is IndexedDB, for all tabs, and in Node
 * memory. Pass your own on phones (Secure Enclave, Keystore), and in Node if the session outlives the process.
 */
export interface KeyPlace {
  /** The stored key, or a new one if there is none. All tabs that share the session get the same key. */
  load(): Promise<ProofKey>;
  /**
   * Forgets the key, because its session has ended. The next `load` creates another one. Does nothing if another key
   * is stored by now.
   */
  remove(key: ProofKey): Promise<void>;
  /** Needed if there is no WebCrypto (React Native). */
  readonly sha256?: Sha256;
}

interface Kept {
  readonly pair: CryptoKeyPair;
  readonly jwk: PublicJwk;
}

const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const STORE = 'keys';
const KEPT = 'session';
/** Some browsers never answer a request to IndexedDB. */
const WITHIN_MS = 5_000;

async function make(): Promise<Kept> {
  const pair = await crypto.subtle.generateKey(ES256, false, ['sign', 'verify']);
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  return { pair, jwk: { kty: 'EC', crv: 'P-256', x, y } };
}

function keyOf({ pair, jwk }: Kept): ProofKey {
  return {
    jwk,
    sign: async (data) =>
      new Uint8Array(
        await crypto.subtle.sign(ES256, pair.privateKey, data as Uint8Array<ArrayBuffer>),
      ),
  };
}

const isSame = (one: PublicJwk, other: PublicJwk | undefined): boolean =>
  one.x === other?.x && one.y === other.y;

/** Keeps the key until the page or the process ends. */
export function memoryKeys(): KeyPlace {
  let kept: Promise<ProofKey> | undefined;
  return {
    load: () => (kept ??= make().then(keyOf)),
    async remove({ jwk }) {
      if (isSame(jwk, (await kept)?.jwk)) kept = undefined;
    },
  };
}

/**
 * Keeps the key for all tabs of an origin. If the browser refuses, the key is in memory, so the session ends with the
 * page.
 */
export function browserKeys(name: string): KeyPlace {
  const orElse = memoryKeys();
  let isRefused: boolean | undefined;
  return {
    async load() {
      if (isRefused) return orElse.load();
      try {
        const made = (await ask<Kept>(name, (store) => store.get(KEPT))) ?? (await make());
        const kept = await keepFirst(name, made);
        isRefused = false;
        return keyOf(kept);
      } catch (error) {
        // the store worked before: a new key now would end the session
        if (isRefused === false) throw error;
        isRefused = true;
        return orElse.load();
      }
    },
    async remove(key) {
      if (isRefused) return orElse.remove(key);
      await ask(name, (store) => {
        const found = store.get(KEPT) as IDBRequest<Kept | undefined>;
        found.onsuccess = () => {
          if (isSame(key.jwk, found.result?.jwk)) store.delete(KEPT);
        };
        return found;
      });
    },
  };
}

/** Another tab may have created a key meanwhile. In one transaction, the first key is kept. */
async function keepFirst(name: string, made: Kept): Promise<Kept> {
  const found = await ask<Kept>(name, (store) => {
    const request = store.get(KEPT) as IDBRequest<Kept | undefined>;
    request.onsuccess = () => {
      if (!request.result) store.put(made, KEPT);
    };
    return request;
  });
  return found ?? made;
}

/** Resolves once it is written. */
async function ask<T>(
  name: string,
  work: (store: IDBObjectStore) => IDBRequest<T | undefined>,
): Promise<T | undefined> {
  const database = await until(
    deadline(WITHIN_MS),
    new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open(name, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error as DOMException);
    }),
  );
  try {
    const transaction = database.transaction(STORE, 'readwrite');
    const request = work(transaction.objectStore(STORE));
    await until(
      deadline(WITHIN_MS),
      new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error as DOMException);
      }),
    );
    return request.result;
  } finally {
    database.close();
  }
}
