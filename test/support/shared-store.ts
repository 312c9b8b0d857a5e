// Runs in the browser.
import type { StoredTokens, TokenStore } from '@tokenward/client';

/** A store for the page and its workers, in IndexedDB. */
export function sharedStore(): TokenStore {
  const opened = new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open('tokens');
    opening.onupgradeneeded = () => opening.result.createObjectStore('tokens');
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(new Error('no store'));
  });
  const run = async <T>(
    mode: IDBTransactionMode,
    work: (store: IDBObjectStore) => IDBRequest<T>,
  ) => {
    const asked = work((await opened).transaction('tokens', mode).objectStore('tokens'));
    return new Promise<T>((resolve, reject) => {
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(new Error('the store failed'));
    });
  };
  return {
    get: () => run<StoredTokens | undefined>('readonly', (store) => store.get('own')),
    set: async (tokens) => void (await run('readwrite', (store) => store.put(tokens, 'own'))),
  };
}
