import { createContext, useContext } from 'react';
import type { AuthClient } from '@tokenward/client';
import { caller } from './client.js';

const Caller = createContext<AuthClient>(caller);

/** Components below it make requests only as the user of that client. */
export const CallAs = Caller.Provider;

/** The signed-in user, or the user that an admin acts as. */
export function useCaller(): AuthClient {
  return useContext(Caller);
}
