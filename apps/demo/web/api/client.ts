import { createAuthClient } from '@tokenward/client';

/** Of `cookie` transport: no script of this page ever holds a token. */
export const client = createAuthClient();
