/** Browsers bind passkeys to a host name, and refuse an IP address. */
export function isPasskeyPossible(): boolean {
  const isAddress = /^[\d.]+$|^\[/.test(location.hostname);
  return !isAddress && 'PublicKeyCredential' in globalThis;
}

/** The same page under a host name, where passkeys work. */
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
