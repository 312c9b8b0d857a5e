import type { Visitor } from './visitor.js';

/**
 * Passkeys for the browser, in Chromium's virtual authenticator. It answers at once, as if its owner had touched it.
 */
export async function virtualAuthenticator({ page, context }: Visitor): Promise<void> {
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}
