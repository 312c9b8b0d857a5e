import type { KeyObject } from 'node:crypto';

/**
 * Over two types or curves `equals` leaves an error of OpenSSL behind (Node 24 and 26), which the next `createPrivateKey` takes for its own: such keys are
 * told apart before.
 */
export function isSameKey(one: KeyObject, other: KeyObject): boolean {
  const [a, b] = [one, other].map(({ type, asymmetricKeyType, asymmetricKeyDetails }) =>
    [type, asymmetricKeyType, asymmetricKeyDetails?.namedCurve].join(),
  );
  return a === b && one.equals(other);
}
