import { Logger } from '@nestjs/common';
import { describe, expect, it, jest } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { keysFrom } from './function-keys.js';
import { publicHalf } from './generate-key.js';
import { HandClock } from '../../verify/keys/hand-clock.fixture.js';
import { MemoryKeySightings } from '../../testing/memory-key-sightings.store.js';
import { KeySource, type SourceJwk, type SourceKeys } from '../../storage/key-source.port.js';
import {
  jwk,
  LEAD,
  phases,
  published,
  RETAIN,
  start,
  startWith,
  T0,
} from './key-rotation.fixture.js';

describe('the life of a key', () => {
  // T-rcfh
  it('goes through next, active, retired and gone by the clock alone', async () => {
    const clock = new HandClock(T0);
    const keys = [
      await jwk('a', { nbf: T0 - 1000, iat: T0 - 1000 }),
      await jwk('b', { nbf: T0 + LEAD, iat: T0 }),
    ];
    const rotation = await startWith(() => ({ keys }), clock);
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
    // the last token of `a` is valid for ttl and tolerance
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
    const rotation = await startWith(() => ({ keys: [...keys] }), clock);
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
  it('a revoked key does not sign, verify or appear in the JWKS, and no later reading restores it', async () => {
    const clock = new HandClock(T0);
    const keys = [await jwk('a', { nbf: T0 - 1000 }), await jwk('b', { nbf: T0 + LEAD, iat: T0 })];
    const rotation = await startWith(() => ({ keys: keys.map((each) => ({ ...each })) }), clock);
    rotation.revoke('a');
    // a successor that signs early is better than no signing key
    expect(rotation.keyring.signer().kid).toBe('b');
    keys.push(await jwk('c', { nbf: T0 + 2 * LEAD, iat: T0 }));
    await rotation.refresh();
    expect(phases(rotation)).toEqual({ a: 'revoked', b: 'active', c: 'next' });
    expect(rotation.keyring.verificationKey('a')).toBeUndefined();
    expect(published(rotation)).toEqual(['b', 'c']);
    // its replacement is revoked too: no key can sign, which is 503, not 500
    rotation.revoke('b');
    rotation.revoke('c');
    expect(() => rotation.keyring.signer()).toThrow(
      expect.objectContaining({ code: 'unavailable' }),
    );
  });

  it('the only key, given by the options, stops signing when it is revoked', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const rotation = await start(undefined, new HandClock(T0), { privateKey, keyId: 'k' });
    expect(rotation.keyring.signer().kid).toBe('k');
    rotation.revoke('k');
    expect(() => rotation.keyring.signer()).toThrow(
      expect.objectContaining({ code: 'unavailable' }),
    );
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
        if (this.keys.some(({ kid }) => !revoked.includes(kid as string)))
          return 'not_due' as const;
        this.keys.push(
          await jwk(`made-${this.keys.length}`, { nbf: T0 + this.keys.length, iat: T0 }),
        );
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
  it('reports the age of its keys', async () => {
    const clock = new HandClock(T0);
    const rotation = await startWith(
      async () => ({ keys: [await jwk('a', { nbf: 1, iat: T0 - 5 })] }),
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

describe('a key whose algorithm is not the configured one', () => {
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
      const [one, other] = [
        await jwk('a', { nbf: 0 }, alg),
        await jwk('b', { nbf: T0 + LEAD }, alg),
      ];
      let keys = [one];
      const rotation = await startWith(() => ({ keys }), new HandClock(T0), { algorithm });
      const line = `the key "a" goes on signing with ${alg}, although keys.algorithm is ${algorithm}: a key keeps its algorithm; replace it (tokenward keys rotate --algorithm ${algorithm}, docs/keys.md)`;
      expect(said.mock.calls).toEqual(isSaid ? [[line]] : []);
      keys = [one, other];
      await rotation.refresh();
      expect(said.mock.calls).toEqual(isSaid ? [[line], [line.replace('"a"', '"b"')]] : []);
      said.mockRestore();
    },
  );

  it('is not reported when its successor has the configured algorithm', async () => {
    const said = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const keys = [await jwk('a', { nbf: 0 }, 'RS256'), await jwk('b', { nbf: T0 + LEAD })];
    await startWith(() => ({ keys }));
    expect(said.mock.calls).toEqual([]);
    said.mockRestore();
  });
});

describe('a key that is replaced in place', () => {
  // T-88r3
  it('signs through the lead time of its successor, verifies until its last token has expired, and is reported', async () => {
    const clock = new HandClock(T0);
    const said = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    let mounted = [await jwk('a', { nbf: 0 })];
    const rotation = await startWith(() => ({ keys: mounted }), clock);
    mounted = [await jwk('b', { nbf: 0 })];
    await rotation.refresh();
    expect(phases(rotation)).toEqual({ a: 'active', b: 'next' });
    expect(said.mock.calls).toEqual([[expect.stringMatching(/"a" left its source unrevoked/)]]);
    // another replacement, before that one ever signed
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

  it('a key that only verifies stays until its tokens have expired; a revoked key is removed at once', async () => {
    const clock = new HandClock(T0);
    const { nbf: _, ...old } = publicHalf(await jwk('old', { nbf: 1 }));
    let mounted = [await jwk('a', { nbf: 1 }), old];
    const rotation = await startWith(() => ({ keys: mounted }), clock);
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
  it('waits for its lead time also after a restart', async () => {
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
