import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type { KnownCredential, PasskeyMethod, RelyingParty } from '../options/factor-options.js';
import { type PasskeyOptions, relyingPartyBy } from './relying-party.js';

/** The types that the library takes: text, and mutable arrays. */
const described = ({ credentialId: id, transports }: KnownCredential) => ({
  id,
  transports: [...transports],
});
const bytesOf = (challenge: string) => Uint8Array.from(Buffer.from(challenge, 'base64url'));
const expecting = ({ rpId, origins }: RelyingParty, expectedChallenge: string) => ({
  expectedChallenge,
  expectedOrigin: [...origins],
  expectedRPID: rpId,
  requireUserVerification: true,
});

/** Hints for the browser; what it calls them is not believed beyond these (WebAuthn, section 5.8.4). */
const TRANSPORTS = ['usb', 'nfc', 'ble', 'smart-card', 'hybrid', 'internal', 'cable'] as const;

/** Passkeys (WebAuthn), by `@simplewebauthn/server`: discoverable, with user verification, without attestation. */
export function passkeys(options: PasskeyOptions): PasskeyMethod {
  const { rpName, relyingParty } = relyingPartyBy(options);
  return {
    kind: 'passkeys',
    relyingParty,

    registrationOptions: ({ rpId: rpID }, { handle, name, displayName }, known, challenge) =>
      generateRegistrationOptions({
        rpName,
        rpID,
        userName: name,
        userDisplayName: displayName,
        userID: Uint8Array.from(handle),
        challenge: bytesOf(challenge),
        attestationType: 'none',
        excludeCredentials: known.map(described),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      }),

    verifyRegistration: async (rp, response, challenge) => {
      const given = response as RegistrationResponseJSON;
      const answer = await accepted(() =>
        verifyRegistrationResponse({ response: given, ...expecting(rp, challenge) }),
      );
      if (!answer?.registrationInfo) return undefined;
      const { credential, credentialDeviceType, credentialBackedUp } = answer.registrationInfo;
      return {
        credentialId: credential.id,
        publicKey: Buffer.from(credential.publicKey),
        counter: credential.counter,
        transports: TRANSPORTS.filter((each) => credential.transports?.includes(each)),
        backupEligible: credentialDeviceType === 'multiDevice',
        backedUp: credentialBackedUp,
      };
    },

    authenticationOptions: ({ rpId: rpID }, known, challenge) =>
      generateAuthenticationOptions({
        rpID,
        challenge: bytesOf(challenge),
        userVerification: 'required',
        ...(known && { allowCredentials: known.map(described) }),
      }),

    verifyAuthentication: async (rp, response, challenge, { credentialId: id, publicKey }) => {
      const given = response as AuthenticationResponseJSON;
      // the counter that is known is compared where it is kept, in one statement
      const credential = { id, publicKey: Uint8Array.from(publicKey), counter: 0 };
      const answer = await accepted(() =>
        verifyAuthenticationResponse({ response: given, credential, ...expecting(rp, challenge) }),
      );
      if (!answer?.verified) return undefined;
      const { newCounter, credentialDeviceType, credentialBackedUp } = answer.authenticationInfo;
      return {
        counter: newCounter,
        backupEligible: credentialDeviceType === 'multiDevice',
        backedUp: credentialBackedUp,
      };
    },
  };
}

/** The library throws for an answer that it does not accept, and for anything that is not an answer. */
async function accepted<T>(verify: () => Promise<T>): Promise<T | undefined> {
  try {
    return await verify();
  } catch {
    return undefined;
  }
}
