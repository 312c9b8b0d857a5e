import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthError } from '../../common/auth-error.js';
import type { Clock } from '../../common/clock.js';
import type { SigningAlgorithm, StaticKeysOptions } from '../../options/key-options.js';
import { keyDirectory, keyFile } from './file-keys.js';
import { keysFrom } from './function-keys.js';
import { type GeneratedJwk, generateSigningJwk, publicHalf } from './generate-key.js';
import { HandClock } from '../../verify/keys/hand-clock.fixture.js';
import { KeyRotation } from './key-rotation.service.js';
import type { KeySightings } from '../../storage/key-sightings.port.js';
import { MemoryKeySightings } from '../../testing/memory-key-sightings.store.js';
import { KeySource, type SourceJwk, type SourceKeys } from '../../storage/key-source.port.js';
import { jwkMembers } from '../../verify/keys/jwk-members.js';

const T0 = 1_800_000_000;
const LEAD = 3600;
/** ttl 900 + twice the tolerance 30 + 1 + twice the refresh interval 30 */
const RETAIN = 1021;

const running: KeyRotation[] = [];
const made = new Map<string, GeneratedJwk>();
async function jwk(
  name: string,
  times: { nbf: number; iat?: number },
  alg: SigningAlgorithm = 'ES256',
): Promise<SourceJwk> {
  const kept = `${name} ${alg}`;
  const bits = /^[RP]S/.test(alg) ? 2048 : undefined;
  const known = made.get(kept) ?? (await generateSigningJwk(alg, { iat: 0, nbf: 0 }, bits));
  made.set(kept, known);
  const { iat: _iat, ...rest } = known;
  return { ...rest, kid: name, ...times };
}

async function start(
  source: KeySource | undefined,
  clock: Clock,
  keys: StaticKeysOptions = {},
  sightings?: KeySightings,
) {
  const options = {
    keys: { algorithm: 'ES256' as const, ...keys },
    keyRotation: { leadTimeMs: LEAD * 1000, refreshEveryMs: 30_000, warnAfterMs: 90 * 86_400_000 },
    accessToken: { ttlSeconds: 900, clockToleranceSeconds: 30 },
    storeDeadlineMs: 500,
  };
  const rotation = await KeyRotation.start(options as never, clock, source, sightings);
  running.push(rotation);
  return rotation;
}

const phases = (rotation: KeyRotation) =>
  Object.fromEntries(rotation.status().map(({ keyId, phase }) => [keyId, phase]));
const published = (rotation: KeyRotation) => rotation.keyring.publicJwks().keys.map(({ kid }) => kid);

afterEach(async () => {
  for (const rotation of running.splice(0)) await rotation.onApplicationShutdown();
});

describe('the life of a key', () => {
  // T-rcfh
  it('next, active, retired, gone: by the clock alone', async () => {
    const clock = new HandClock(T0);
    const keys = [
      await jwk('a', { nbf: T0 - 1000, iat: T0 - 1000 }),
      await jwk('b', { nbf: T0 + LEAD, iat: T0 }),
    ];
    const rotation = await start(
      keysFrom(() => ({ keys })),
      clock,
    );
    const changes: string[] = [];
    rotation.onChange(({ keyId, phase }) => changes.push(`${keyId} ${phase}`));
    expect(phases(rotation)).toEqual({ a: 'active', b: 'next' });
    expect(published(rotation)).toEqual(['a', 'b']);

    clock.seconds = T0 + LEAD - 1;
    rotation.tick();
    expect(rotation.keyring.signer().kid).toBe('a');

    clock.seconds = T0 + LEAD;
    rotation.tick();
    expect(phases(rotation)).toEqual({ a: 'retired', b: 'active' });
    expect(rotation.keyring.signer().kid).toBe('b');
    // the last token of a has ttl and tolerance to go
    clock.seconds = T0 + LEAD + RETAIN - 1;
    rotation.tick();
    expect(rotation.keyring.verificationKey('a')).toBeDefined();
    expect(published(rotation)).toEqual(['a', 'b']);

    clock.seconds = T0 + LEAD + RETAIN;
    rotation.tick();
    expect(phases(rotation)).toEqual({ b: 'active' });
    expect(rotation.keyring.verificationKey('a')).toBeUndefined();
    expect(published(rotation)).toEqual(['b']);
    expect(changes).toEqual(['a retired', 'b active', 'a gone']);
  });

  it.each([
    ['that says it signs at once', { nbf: T0 + 10, iat: T0 + 10 }],
    ['that does not say when it was made', { nbf: T0 }],
    ['that claims to be old', { nbf: T0 - 10, iat: T0 - 10 * LEAD }],
  ])('a key %s is published for the lead time first', async (_, times) => {
    const clock = new HandClock(T0);
    const keys = [await jwk('a', { nbf: T0 - 1000, iat: T0 - 1000 })];
    const rotation = await start(
      keysFrom(() => ({ keys: [...keys] })),
      clock,
    );
    clock.seconds = T0 + 20;
    keys.push(await jwk('b', times));
    await rotation.refresh();
    expect(phases(rotation)).toEqual({ a: 'active', b: 'next' });
    clock.seconds = T0 + 10 + LEAD - 1;
    rotation.tick();
    expect(rotation.keyring.signer().kid).toBe('a');
    clock.seconds = T0 + 20 + LEAD;
    rotation.tick();
    expect(rotation.keyring.signer().kid).toBe('b');
  });

  // T-7p5d
  it('a revoked key neither signs nor verifies nor is published, and no reading brings it back', async () => {
    const clock = new HandClock(T0);
    const keys = [await jwk('a', { nbf: T0 - 1000 }), await jwk('b', { nbf: T0 + LEAD, iat: T0 })];
    const rotation = await start(
      keysFrom(() => ({ keys: keys.map((each) => ({ ...each })) })),
      clock,
    );
    rotation.revoke('a');
    // early rather than nobody
    expect(rotation.keyring.signer().kid).toBe('b');
    keys.push(await jwk('c', { nbf: T0 + 2 * LEAD, iat: T0 }));
    await rotation.refresh();
    expect(phases(rotation)).toEqual({ a: 'revoked', b: 'active', c: 'next' });
    expect(rotation.keyring.verificationKey('a')).toBeUndefined();
    expect(published(rotation)).toEqual(['b', 'c']);
    // the one that replaced it was bad too: nobody signs, which is 503, not 500
    rotation.revoke('b');
    rotation.revoke('c');
    expect(() => rotation.keyring.signer()).toThrow(expect.objectContaining({ code: 'unavailable' }));
  });

  it('the only key, given by the options, stops signing when it is revoked', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const rotation = await start(undefined, new HandClock(T0), { privateKey, keyId: 'k' });
    expect(rotation.keyring.signer().kid).toBe('k');
    rotation.revoke('k');
    expect(() => rotation.keyring.signer()).toThrow(expect.objectContaining({ code: 'unavailable' }));
    expect(published(rotation)).toEqual([]);
  });

  it('a source that can make keys replaces a revoked one at once', async () => {
    class Making extends KeySource {
      readonly name = 'making';
      readonly keys: SourceJwk[] = [];
      async load(): Promise<SourceKeys> {
        return { keys: [...this.keys] };
      }
      override async rotate({ revoked }: { readonly revoked: readonly string[] }) {
        if (this.keys.some(({ kid }) => !revoked.includes(kid as string))) return 'not_due' as const;
        this.keys.push(await jwk(`made-${this.keys.length}`, { nbf: T0 + this.keys.length, iat: T0 }));
        return 'rotated' as const;
      }
    }
    const rotation = await start(new Making(), new HandClock(T0 + 5));
    expect(rotation.keyring.signer().kid).toBe('made-0');
    rotation.revoke('made-0');
    await rotation.refresh();
    expect(rotation.keyring.signer().kid).toBe('made-1');
  });

  // T-x5k8
  it('tells the age of its keys', async () => {
    const clock = new HandClock(T0);
    const rotation = await start(
      keysFrom(async () => ({ keys: [await jwk('a', { nbf: 1, iat: T0 - 5 })] })),
      clock,
    );
    expect(rotation.status()[0]).toMatchObject({
      keyId: 'a',
      phase: 'active',
      ageMs: 5000,
      algorithm: 'ES256',
    });
  });
});

describe('a key of another algorithm than is configured', () => {
  it.each([
    ['ES384', 'ES256', true],
    ['RS256', 'PS256', true],
    ['PS256', 'RS256', true],
    ['RS256', 'ES256', false],
    ['ES256', 'ES256', false],
  ] as const)(
    'configured %s, a key of %s: it is named once (%s), with the cure',
    async (algorithm, alg, isSaid) => {
      const said = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      const [one, other] = [await jwk('a', { nbf: 0 }, alg), await jwk('b', { nbf: T0 + LEAD }, alg)];
      let keys = [one];
      const rotation = await start(
        keysFrom(() => ({ keys })),
        new HandClock(T0),
        { algorithm },
      );
      const line = `the key "a" goes on signing with ${alg}, although keys.algorithm is ${algorithm}: a key keeps its algorithm; replace it (tokenward keys rotate --algorithm ${algorithm}, docs/keys.md)`;
      expect(said.mock.calls).toEqual(isSaid ? [[line]] : []);
      keys = [one, other];
      await rotation.refresh();
      expect(said.mock.calls).toEqual(isSaid ? [[line], [line.replace('"a"', '"b"')]] : []);
      said.mockRestore();
    },
  );

  it('is not named when its successor is of the right one', async () => {
    const said = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const keys = [await jwk('a', { nbf: 0 }, 'RS256'), await jwk('b', { nbf: T0 + LEAD })];
    await start(
      keysFrom(() => ({ keys })),
      new HandClock(T0),
    );
    expect(said.mock.calls).toEqual([]);
    said.mockRestore();
  });
});

describe('a key that is replaced in place', () => {
  // T-88r3
  it('signs through the lead time of its successor, verifies until its last token has expired, and it is said', async () => {
    const clock = new HandClock(T0);
    const said = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    let mounted = [await jwk('a', { nbf: 0 })];
    const rotation = await start(
      keysFrom(() => ({ keys: mounted })),
      clock,
    );
    mounted = [await jwk('b', { nbf: 0 })];
    await rotation.refresh();
    expect(phases(rotation)).toEqual({ a: 'active', b: 'next' });
    expect(said.mock.calls).toEqual([[expect.stringMatching(/"a" left its source unrevoked/)]]);
    // one more, before that one ever signed
    mounted = [await jwk('c', { nbf: T0 - 5000, iat: T0 - 5000 })];
    clock.seconds += 100;
    await rotation.refresh();
    expect(phases(rotation)).toEqual({ a: 'active', c: 'next' });
    clock.seconds += LEAD;
    rotation.tick();
    expect(phases(rotation)).toEqual({ a: 'retired', c: 'active' });
    await rotation.refresh();
    clock.seconds += RETAIN - 1;
    rotation.tick();
    expect(published(rotation)).toContain('a');
    clock.seconds += 1;
    rotation.tick();
    expect(phases(rotation)).toEqual({ c: 'active' });
    expect(said).toHaveBeenCalledTimes(1);
    said.mockRestore();
  });

  it('a key that only verified goes on until its tokens have expired; one that is revoked goes at once', async () => {
    const clock = new HandClock(T0);
    const { nbf: _, ...old } = publicHalf(await jwk('old', { nbf: 1 }));
    let mounted = [await jwk('a', { nbf: 1 }), old];
    const rotation = await start(
      keysFrom(() => ({ keys: mounted })),
      clock,
    );
    mounted = [await jwk('a', { nbf: 1 })];
    await rotation.refresh();
    expect(phases(rotation)).toEqual({ a: 'active', old: 'verifying' });
    clock.seconds += RETAIN;
    rotation.tick();
    expect(phases(rotation)).toEqual({ a: 'active' });
    mounted = [await jwk('b', { nbf: 2 })];
    rotation.revoke('a');
    await rotation.refresh();
    expect(phases(rotation)).toEqual({ b: 'active' });
  });

  // T-5tf9
  it('waits its lead time also after a restart', async () => {
    const clock = new HandClock(T0);
    const sightings = new MemoryKeySightings(clock);
    const keys = [await jwk('a', { nbf: T0 - 1000 })];
    const boot = () =>
      start(
        keysFrom(() => ({ keys: [...keys] })),
        clock,
        {},
        sightings,
      );
    await (await boot()).onApplicationShutdown();
    keys.push(await jwk('b', { nbf: T0 - 10 }));
    clock.seconds += 50;
    expect(phases(await boot())).toEqual({ a: 'active', b: 'next' });
    clock.seconds += LEAD - 1;
    const late = await boot();
    expect(phases(late)).toEqual({ a: 'active', b: 'next' });
    clock.seconds += 1;
    late.tick();
    expect(phases(late)).toEqual({ a: 'retired', b: 'active' });
  });
});

describe('a signer elsewhere', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signWith = async ({ bytes }: { bytes: Buffer }) => sign('sha256', bytes, privateKey);
  const key = { ...jwkMembers(publicKey), kid: 'v', alg: 'ES256', nbf: 1 };
  const signature = async (rotation: KeyRotation) => {
    const signer = rotation.keyring.signer();
    return 'sign' in signer && signer.sign({ keyId: 'v', algorithm: 'ES256', bytes: Buffer.from('x') });
  };

  it('is the one of the newest reading: its credential is renewed with each', async () => {
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

  it('that signs with another key is refused at boot, by source and by options', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const wrong = async ({ bytes }: { bytes: Buffer }) => sign('sha256', bytes, other.privateKey);
    const says = /gives no ES256 signature of the public key of "v": name the same key in both/;
    const clock = new HandClock(T0);
    await expect(
      start(
        keysFrom(() => ({ keys: [key], sign: wrong })),
        clock,
      ),
    ).rejects.toThrow(says);
    await expect(start(undefined, clock, { publicKey, sign: wrong, keyId: 'v' })).rejects.toThrow(says);
    await start(undefined, clock, { publicKey, sign: signWith, keyId: 'v' });
  });

  it('that is down stops no boot', async () => {
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

describe('what a source gives', () => {
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
  it.each(bad)('%s: refused at boot, ignored later', async (_, forge, message) => {
    const good = [await jwk('a', { nbf: 1 })];
    const forged = await forge(good);
    await expect(
      start(
        keysFrom(() => forged as SourceKeys),
        new HandClock(T0),
      ),
    ).rejects.toThrow(message);
    let now: unknown = { keys: good };
    const rotation = await start(
      keysFrom(() => now as SourceKeys),
      new HandClock(T0),
    );
    const { revision } = rotation.keyring;
    now = forged;
    await rotation.refresh();
    expect(rotation.keyring.signer().kid).toBe('a');
    expect(rotation.keyring.revision).toBe(revision);
  });

  it('does not quote what it was given', async () => {
    const good = await jwk('a', { nbf: 1 });
    const { d } = good;
    const error: unknown = await start(
      keysFrom(() => ({ keys: [{ ...good, alg: d }] as SourceJwk[] })),
      new HandClock(T0),
    ).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(AuthError);
    expect(String(error)).not.toContain(d);
  });

  it('stands alone: key material in the options beside it is refused', async () => {
    const source = keysFrom(async () => ({ keys: [await jwk('a', { nbf: 1 })] }));
    await expect(start(source, new HandClock(T0), { secret: 'x' })).rejects.toThrow(/beside a keySource/);
  });
});

describe('files', () => {
  const dir = mkdtempSync(join(tmpdir(), 'tokenward-keys-'));
  const put = (name: string, text: string) => {
    writeFileSync(join(dir, `.${name}`), text);
    renameSync(join(dir, `.${name}`), join(dir, name));
  };

  // T-q9r8
  it('a JWKS file is read again; half of one changes nothing, and a file that is gone neither', async () => {
    const path = join(dir, 'keys.json');
    const [a, b] = [await jwk('a', { nbf: 1 }), await jwk('b', { nbf: T0 + LEAD, iat: T0 })];
    put('keys.json', JSON.stringify({ keys: [a] }));
    const rotation = await start(keyFile(path), new HandClock(T0));
    const whole = JSON.stringify({ keys: [a, b] });
    for (const cut of [0, 1, 40, whole.length >> 1, whole.length - 1]) {
      writeFileSync(path, whole.slice(0, cut));
      await rotation.refresh();
      expect(phases(rotation)).toEqual({ a: 'active' });
    }
    rmSync(path);
    await rotation.refresh();
    expect(phases(rotation)).toEqual({ a: 'active' });
    put('keys.json', whole);
    await rotation.refresh();
    expect(phases(rotation)).toEqual({ a: 'active', b: 'next' });
  });

  // T-f4w5
  it('a directory holds JWKs and PEM; drafts and other files do not count', async () => {
    const keys = mkdtempSync(join(dir, 'd-'));
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(join(keys, 'old.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(join(keys, 'next.json'), JSON.stringify(await jwk('n', { nbf: T0 + LEAD, iat: T0 })));
    writeFileSync(join(keys, '.draft.json'), '{');
    writeFileSync(join(keys, 'README.txt'), 'no key');
    const rotation = await start(keyDirectory(keys), new HandClock(T0));
    expect(Object.values(phases(rotation))).toEqual(['active', 'next']);
    writeFileSync(join(keys, 'broken.json'), '{');
    await rotation.refresh();
    expect(Object.values(phases(rotation))).toEqual(['active', 'next']);
    await expect(start(keyDirectory(join(keys, 'nowhere')), new HandClock(T0))).rejects.toThrow(
      /does not exist/,
    );
  });
});
