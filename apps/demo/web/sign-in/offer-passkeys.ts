import { loginWithPasskey } from '@tokenward/client/factors';
import { client } from '../api/client.js';

/** A challenge works for five minutes. */
const ROUND_MS = 4 * 60_000;

/** Passkeys in the list under the email's field, until `signal` is aborted. Never rejects: the button tells what is wrong. */
export async function offerPasskeys(signal: AbortSignal): Promise<void> {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  while (!signal.aborted) {
    const round = AbortSignal.any([signal, AbortSignal.timeout(ROUND_MS)]);
    try {
      await loginWithPasskey(client, { mediation: 'conditional', signal: round });
      return;
    } catch {
      if (!round.aborted) return;
    }
  }
}
