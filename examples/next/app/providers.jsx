'use client';

import { createAuthClient } from '@tokenward/client';
import { AuthProvider } from '@tokenward/client/react';

const client = createAuthClient();

export function Providers({ children }) {
  return <AuthProvider client={client}>{children}</AuthProvider>;
}
