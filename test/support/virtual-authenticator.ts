import type { Visitor } from './visitor.js';

/** The passkeys of a browser, in Chromium's own authenticator. */
export interface VirtualAuthenticator {
  /** Whether it answers at once, as if its owner had touched it; it does from the start. */
  touched(isTouched: boolean): Promise<void>;
}

export async function virtualAuthenticator({ page, context }: Visitor): Promise<VirtualAuthenticator> {
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  });
  return {
    async touched(enabled) {
      await devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
    },
  };
}
