import { beforeAll, describe, expect, it } from '@jest/globals';
import { calculateThumbprint, generateKeyPair, generateProof, type KeyPair } from 'dpop';
import { AuthError } from '../../common/auth-error.js';
import { SystemClock } from '../../common/clock.js';
import { resolveOptions } from '../../options/resolve-options.js';
import { MemoryProofReplays } from '../../storage/memory-proof-replays.js';
import { DpopProofs } from './dpop-proofs.service.js';

const NONCE = 'of this process';
/** The capacity; one key may use half of it. */
const CAPACITY = 4;
const options = resolveOptions(
  {
    issuer: 'https://issuer.example',
    audience: 'api',
    keys: { algorithm: 'ES256' },
    dpop: 'offer',
  },
  {},
);

describe('what a proof accompanied', () => {
  let keys: KeyPair;
  let proofs: DpopProofs;
  beforeAll(async () => {
    keys = await generateKeyPair('ES256');
  });

  const request = async () => ({
    headers: {
      host: 'api.example.com',
      dpop: await generateProof(keys, 'http://api.example.com/auth/login', 'POST', NONCE),
    },
    method: 'POST',
    url: '/auth/login',
  });
  const reasonOf = async (work: () => Promise<unknown>, doubt?: 'keep') => {
    const error = await proofs
      .provedBy(await request(), work, { doubt })
      .catch((given: unknown) => given);
    return error instanceof AuthError ? error.reason : error;
  };
  const refuse = () => Promise.reject(new AuthError('login_refused', 'a wrong password'));
  const fail = () => Promise.reject(AuthError.unavailable('the store is away'));
  const pass = () => Promise.resolve('good');

  // T-dph2
  it.each<[string, () => Promise<unknown>, 'keep' | undefined, string]>([
    ['was refused: it is forgotten', refuse, undefined, 'good'],
    ['was refused where doubt keeps: it is forgotten', refuse, 'keep', 'good'],
    ['failed at a sign-in: it is forgotten', fail, undefined, 'good'],
    ['failed at a refresh, which may have been done: it stays', fail, 'keep', 'unavailable'],
    ['was found good: it stays', pass, undefined, 'unavailable'],
  ])('%s', async (_, work, doubt, then) => {
    proofs = new DpopProofs(
      options,
      new SystemClock(),
      new MemoryProofReplays(new SystemClock(), NONCE, CAPACITY),
    );
    for (let n = 0; n < CAPACITY / 2; n++) await reasonOf(work, doubt);
    expect(await reasonOf(pass)).toBe(then);
  });

  // T-dph5
  it.each<[string, number, 'proved' | 'refused']>([
    ['as old as it may be', 89, 'proved'],
    ['too old', 92, 'refused'],
    ['as young as it may be', -89, 'proved'],
    ['too young', -92, 'refused'],
  ])('is taken within 60 seconds and the clock tolerance: %s', async (_, ageSeconds, verdict) => {
    class Later extends SystemClock {
      override now = () => Date.now() + ageSeconds * 1000;
    }
    proofs = new DpopProofs(options, new Later(), new MemoryProofReplays(new SystemClock(), NONCE));
    expect((await proofs.check(await request())).kind).toBe(verdict);
  });

  // T-dph6
  it.each<[string, object, string | undefined, string]>([
    ['Host', {}, undefined, 'http://api.example.com'],
    ['the configured origin, whatever Host says', {}, 'https://own.example', 'https://own.example'],
    ['what a trusted proxy forwards', { trustProxy: true }, undefined, 'https://outer.example'],
    [
      'the configured origin, whatever a proxy says',
      { trustProxy: true },
      'https://own.example',
      'https://own.example',
    ],
  ])('is for %s, and for nothing else', async (_, origins, origin, own) => {
    const resolved = resolveOptions(
      {
        issuer: 'https://issuer.example',
        audience: 'api',
        keys: { algorithm: 'ES256' },
        origins,
        dpop: { origin },
      },
      {},
    );
    const others = [
      'http://api.example.com',
      'https://api.example.com',
      'https://own.example',
      'https://outer.example',
    ];
    for (const at of others) {
      proofs = new DpopProofs(
        resolved,
        new SystemClock(),
        new MemoryProofReplays(new SystemClock(), NONCE),
      );
      const dpop = await generateProof(keys, `${at}/notes`, 'GET', NONCE);
      const forwarded = { 'x-forwarded-host': 'outer.example', 'x-forwarded-proto': 'https' };
      const headers = { host: 'api.example.com', ...forwarded, dpop };
      const { kind } = await proofs.check({ headers, method: 'GET', url: '/notes' });
      expect([at, kind]).toEqual([at, at === own ? 'proved' : 'refused']);
    }
  });

  it('with an access token is known to a sign-in behind the guard, and stays used when that sign-in is refused', async () => {
    proofs = new DpopProofs(
      options,
      new SystemClock(),
      new MemoryProofReplays(new SystemClock(), NONCE, CAPACITY),
    );
    const url = 'http://api.example.com/act';
    const dpop = await generateProof(keys, url, 'POST', NONCE, 'token');
    const again = () => ({
      headers: { host: 'api.example.com', dpop },
      method: 'POST',
      url: '/act',
    });
    const key = await calculateThumbprint(keys.publicKey);
    const bound = { token: 'token', key, account: 'admin' };
    const guarded = again();
    expect((await proofs.check(guarded, bound)).kind).toBe('proved');
    expect(await proofs.provedBy(guarded, ({ provedKey }) => Promise.resolve(provedKey))).toBe(key);
    await expect(proofs.provedBy(guarded, refuse)).rejects.toMatchObject({
      reason: 'login_refused',
    });
    expect(await proofs.check(again(), bound)).toMatchObject({
      kind: 'refused',
      reason: 'proof_replayed',
    });
    const another = again();
    await proofs.check(another, { ...bound, key: 'another' });
    await expect(proofs.provedBy(another, pass)).rejects.toMatchObject({
      reason: 'invalid_dpop_proof',
    });
  });

  it('of a refresh is counted for its account, which has one share for all keys of its sessions', async () => {
    const [capacity, each] = [12, 4];
    const replays = new MemoryProofReplays(new SystemClock(), NONCE, capacity);
    proofs = new DpopProofs(options, new SystemClock(), replays);
    const refresh = async (account: string, by: KeyPair) => {
      const dpop = await generateProof(by, 'http://api.example.com/auth/refresh', 'POST', NONCE);
      const given = {
        headers: { host: 'api.example.com', dpop },
        method: 'POST',
        url: '/auth/refresh',
      };
      return proofs
        .provedBy(given, () => Promise.resolve('good'), { accountOf: () => account })
        .catch(({ reason }: AuthError) => reason);
    };
    const own = await Promise.all(Array.from({ length: 3 }, () => generateKeyPair('ES256')));
    const answers: string[] = [];
    for (let n = 0; n < each; n++) for (const by of own) answers.push(await refresh('greedy', by));
    // half of the capacity, as with one key
    expect(answers.filter((answer) => answer === 'good')).toHaveLength(capacity / 2);
    expect(await refresh('another', keys)).toBe('good');
  });

  // T-dph4
  it('of one account is counted for it, whichever of its keys signed', async () => {
    proofs = new DpopProofs(
      options,
      new SystemClock(),
      new MemoryProofReplays(new SystemClock(), NONCE, CAPACITY),
    );
    const ask = async (account: string, by: KeyPair) => {
      const dpop = await generateProof(by, 'http://api.example.com/notes', 'GET', NONCE, 'token');
      const request = { headers: { host: 'api.example.com', dpop }, method: 'GET', url: '/notes' };
      const bound = { token: 'token', key: await calculateThumbprint(by.publicKey), account };
      return proofs.check(request, bound).then(
        ({ kind }) => kind,
        ({ reason }: AuthError) => reason,
      );
    };
    const second = await generateKeyPair('ES256');
    expect(await ask('greedy', keys)).toBe('proved');
    expect(await ask('greedy', second)).toBe('proved');
    for (const by of [keys, second]) expect(await ask('greedy', by)).toBe('unavailable');
    expect(await ask('another', keys)).toBe('proved');
  });
});
