import { AuthClientError } from '@tokenward/client';
import { loginWithPasskey } from '@tokenward/client/factors';
import { client } from '../api/client.js';

/** A challenge works for five minutes. */
const ROUND_MS = 4 * 60_000;

/**
 * Offers passkeys in the list of the email field until `signal` is aborted. It never rejects, because the button
 * reports other errors.
 */
export async function offerPasskeys(signal: AbortSignal): Promise<'over' | 'refused'> {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return 'over';
  while (!signal.aborted) {
    const round = AbortSignal.any([signal, AbortSignal.timeout(ROUND_MS)]);
    try {
      await loginWithPasskey(client, { mediation: 'conditional', signal: round });
      return 'over';
    } catch (error) {
      if (error instanceof AuthClientError && error.code === 'login_refused') return 'refused';
      if (!round.aborted) return 'over';
    }
  }
  return 'over';
}
