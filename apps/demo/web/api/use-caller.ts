import { createContext, useContext } from 'react';
import type { AuthClient } from '@tokenward/client';
import { caller } from './client.js';

const Caller = createContext<AuthClient>(caller);

/** What is below it asks as whoever that client is, and as nobody else. */
export const CallAs = Caller.Provider;

/** Whoever is signed in here, or acted as. */
export function useCaller(): AuthClient {
  return useContext(Caller);
}
