/** Browsers bind passkeys to a name, and refuse an address. */
export function isPasskeyPossible(): boolean {
  const isAddress = /^[\d.]+$|^\[/.test(location.hostname);
  return !isAddress && 'PublicKeyCredential' in globalThis;
}

/** Where they would work. */
export function PasskeyElsewhere() {
  const there = new URL(location.href);
  there.hostname = 'localhost';
  there.hash = '';
  return (
    <p className="hint">
      Passkeys want a name: <a href={there.href}>open this page as localhost</a>.
    </p>
  );
}
