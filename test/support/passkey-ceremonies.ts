import { expect } from '@jest/globals';
import { type AuthenticatorQuirks, SoftwarePasskey } from './authenticator.js';
import { type FactorHost, ORIGIN, type Session } from './factor-host.js';

interface Ceremony {
  readonly ticket: string;
  readonly options: Record<string, unknown>;
}

/** What a browser does with passkeys at a host. */
export function passkeyCeremonies(host: FactorHost) {
  const ceremony = async (path: string, json: object, token?: string): Promise<Ceremony> =>
    (await host.post(path, json, token)).json<Ceremony & Record<string, unknown>>();
  const register = async (
    accessToken: string,
    key: SoftwarePasskey,
    quirks: AuthenticatorQuirks = {},
  ) => {
    const { ticket, options } = await ceremony('passkeys/register/options', {}, accessToken);
    const response = key.create(options, quirks);
    return host.post('passkeys/register', { ticket, response, name: 'laptop' }, accessToken);
  };
  const withPasskey = async (synced = true) => {
    const person = await host.person();
    const session: Session = await host.signIn(person);
    const key = new SoftwarePasskey(ORIGIN, synced);
    const registered = await register(session.accessToken, key);
    expect(registered.status).toBe(201);
    return { person, session, key, id: registered.json<{ id: string }>().id };
  };
  const signIn = async (key: SoftwarePasskey, quirks: AuthenticatorQuirks = {}) => {
    const { ticket, options } = await ceremony('passkeys/login/options', {});
    return host.post('passkeys/login', {
      ticket,
      response: key.get(options, quirks),
      transport: 'bearer',
    });
  };
  return { ceremony, register, withPasskey, signIn };
}

export type PasskeyCeremonies = ReturnType<typeof passkeyCeremonies>;
