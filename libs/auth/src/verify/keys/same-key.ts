import type { KeyObject } from 'node:crypto';

/**
 * For keys of different types or curves, `equals` leaves an error in OpenSSL's queue (Node 24 and 26), which the next
 * `createPrivateKey` reports as its own. So such keys are compared by type and curve first.
 */
export function isSameKey(one: KeyObject, other: KeyObject): boolean {
  const [a, b] = [one, other].map(({ type, asymmetricKeyType, asymmetricKeyDetails }) =>
    [type, asymmetricKeyType, asymmetricKeyDetails?.namedCurve].join(),
  );
  return a === b && one.equals(other);
}
