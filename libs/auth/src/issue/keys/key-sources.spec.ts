import { Logger } from '@nestjs/common';
import { describe, expect, it, jest } from '@jest/globals';
import { generateKeyPairSync, sign } from 'node:crypto';
import { AuthError } from '../../common/auth-error.js';
import { keysFrom } from './function-keys.js';
import { publicHalf } from './generate-key.js';
import { HandClock } from '../../verify/keys/hand-clock.fixture.js';
import { type KeyRotation } from './key-rotation.service.js';
import { type SourceJwk, type SourceKeys } from '../../storage/key-source.port.js';
import { jwkMembers } from '../../verify/keys/jwk-members.js';
import { jwk, start, startWith, T0 } from './key-rotation.fixture.js';

describe('a remote signer', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signWith = async ({ bytes }: { bytes: Buffer }) => sign('sha256', bytes, privateKey);
  const key = { ...jwkMembers(publicKey), kid: 'v', alg: 'ES256', nbf: 1 };
  const signature = async (rotation: KeyRotation) => {
    const signer = rotation.keyring.signer();
    return (
      'sign' in signer && signer.sign({ keyId: 'v', algorithm: 'ES256', bytes: Buffer.from('x') })
    );
  };

  it('is taken from the newest reading, because each reading renews its credential', async () => {
    let reading = 0;
    const source = keysFrom(() => {
      reading += 1;
      const of = reading;
      return {
        keys: [key],
        sign: async (request) =>
          of === reading ? signWith(request) : Promise.reject(new Error('lease expired')),
      };
    });
    const rotation = await start(source, new HandClock(T0));
    const { revision } = rotation.keyring;
    await rotation.refresh();
    expect(reading).toBe(2);
    expect(await signature(rotation)).toBeInstanceOf(Buffer);
    expect(rotation.keyring.revision).toBe(revision);
  });

  it('that signs with another key is refused at boot, from a source and from options', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const wrong = async ({ bytes }: { bytes: Buffer }) => sign('sha256', bytes, other.privateKey);
    const says = /gives no ES256 signature of the public key of "v": name the same key in both/;
    const clock = new HandClock(T0);
    await expect(startWith(() => ({ keys: [key], sign: wrong }), clock)).rejects.toThrow(says);
    await expect(start(undefined, clock, { publicKey, sign: wrong, keyId: 'v' })).rejects.toThrow(
      says,
    );
    await start(undefined, clock, { publicKey, sign: signWith, keyId: 'v' });
  });

  it('that is down does not stop the boot', async () => {
    const said = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const rotation = await start(undefined, new HandClock(T0), {
      publicKey,
      sign: () => Promise.reject(new Error('x')),
    });
    expect(rotation.keyring.size).toBe(1);
    expect(said.mock.calls).toEqual([[expect.stringMatching(/keys.sign does not answer/)]]);
    said.mockRestore();
  });
});

describe('the keys that a source returns', () => {
  const bad: [string, (good: SourceJwk[]) => unknown, RegExp][] = [
    ['nothing', () => undefined, /./],
    ['no JWKS', () => ({}), /JWKS/],
    [
      'no signing key',
      (good) => ({ keys: good.map(publicHalf).map(({ nbf: _, ...rest }) => rest) }),
      /may sign/,
    ],
    ['two keys of one kid', (good) => ({ keys: [...good, { ...good[0], nbf: 5 }] }), /same kid/],
    [
      'two keys that sign from one instant',
      async (good) => ({ keys: [...good, await jwk('z', { nbf: 1 })] }),
      /nbf/,
    ],
    ['a key without alg', (good) => ({ keys: [{ ...good[0], alg: undefined }] }), /alg/],
    ['an encryption key', (good) => ({ keys: [{ ...good[0], use: 'enc' }] }), /use/],
    [
      'a secret beside EC',
      () => ({ keys: [{ kty: 'oct', k: 'x'.repeat(64), kid: 's', alg: 'HS256' }] }),
      /ES256/,
    ],
    [
      'halves of two keys',
      async (good) => ({ keys: [{ ...good[0], d: (await jwk('y', { nbf: 1 })).d }] }),
      /belong|private JWK/,
    ],
    ['a time that is not a number', (good) => ({ keys: [{ ...good[0], nbf: 'soon' }] }), /seconds/],
  ];
  it.each(bad)('%s: refused at boot, ignored afterwards', async (_, forge, message) => {
    const good = [await jwk('a', { nbf: 1 })];
    const forged = await forge(good);
    await expect(startWith(() => forged as SourceKeys)).rejects.toThrow(message);
    let now: unknown = { keys: good };
    const rotation = await startWith(() => now as SourceKeys);
    const { revision } = rotation.keyring;
    now = forged;
    await rotation.refresh();
    expect(rotation.keyring.signer().kid).toBe('a');
    expect(rotation.keyring.revision).toBe(revision);
  });

  it('are not quoted in the error', async () => {
    const good = await jwk('a', { nbf: 1 });
    const { d } = good;
    const error: unknown = await startWith(() => ({
      keys: [{ ...good, alg: d }] as SourceJwk[],
    })).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(AuthError);
    expect(String(error)).not.toContain(d);
  });

  it('a source beside key material in the options is refused', async () => {
    const source = keysFrom(async () => ({ keys: [await jwk('a', { nbf: 1 })] }));
    await expect(start(source, new HandClock(T0), { secret: 'x' })).rejects.toThrow(
      /together with a keySource/,
    );
  });
});
