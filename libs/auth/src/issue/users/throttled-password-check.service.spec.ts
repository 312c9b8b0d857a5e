import { beforeEach, describe, expect, it } from '@jest/globals';
import { SystemClock } from '../../common/clock.js';
import { SystemEntropy } from '../../common/entropy.js';
import { Secret } from '../../common/secret.js';
import type { ResolvedAuthOptions } from '../../options/resolved-options.js';
import type { AuthEventPublisher } from '../../observe/auth-event-publisher.service.js';
import type { AuthEventInput } from '../../storage/auth-event.js';
import { MemoryThrottleStore } from '../../storage/memory-throttle.store.js';
import type { PasswordVerifier, VerifiedCandidate } from './password-verifier.service.js';
import { DeviceIds } from './device-id.js';
import { LoginThrottle } from './login-throttle.service.js';
import { ThrottledPasswordCheck } from './throttled-password-check.service.js';
import { ThrottleKeys } from './throttle-keys.js';

const secret = new Secret(Buffer.alloc(32, 7));
const entropy = new SystemEntropy();
const devices = new DeviceIds(() => [secret], entropy);
const EPOCH = 3;
const user = (id: string): VerifiedCandidate => ({
  account: { id, email: `${id}@example.com`, permissions: [], disabled: false },
  subject: { tokenVersion: 1, epoch: EPOCH },
});
/** Users by what is typed. An alias leads to ada as well. */
const directory: Readonly<Record<string, VerifiedCandidate>> = {
  'ada@example.com': user('ada'),
  'countess@example.com': user('ada'),
  'eve@example.com': user('eve'),
};

let passwords: ThrottledPasswordCheck;
let lookUps: number;
let hashes: number;
let events: AuthEventInput[];
beforeEach(() => {
  [lookUps, hashes, events] = [0, 0, []];
  const options = {
    throttle: { accountAndAddress: 10, account: 100, address: 100, windowMs: 900_000 },
  } as ResolvedAuthOptions;
  const store = new MemoryThrottleStore(new SystemClock());
  const throttle = new LoginThrottle(options, store, new ThrottleKeys(() => secret), entropy);
  const credentials: Pick<PasswordVerifier, 'check' | 'checkNothing'> = {
    check: (candidate, password) => {
      hashes++;
      if (password === 'down') return Promise.reject(new Error('away'));
      return Promise.resolve(
        candidate && password === 'right'
          ? { kind: 'verified', candidate }
          : { kind: 'refused', reason: 'wrong_password' },
      );
    },
    checkNothing: () => Promise.resolve(void hashes++),
  };
  const publisher: Pick<AuthEventPublisher, 'publish'> = {
    publish: (event) => void events.push(event),
  };
  passwords = new ThrottledPasswordCheck(
    throttle,
    credentials as PasswordVerifier,
    devices,
    publisher as AuthEventPublisher,
  );
});

interface Try {
  readonly as?: string;
  readonly password?: string;
  readonly device?: string;
  readonly ip?: string;
  readonly tenant?: string;
}

/** What the client sees: `verified`, `refused`, or a code. */
const attempt = ({
  as = 'ada@example.com',
  password = 'wrong',
  device,
  ip = '192.0.2.1',
  tenant,
}: Try = {}) =>
  passwords
    .check({
      identifier: as,
      password,
      find: () => {
        lookUps++;
        return Promise.resolve(directory[as]);
      },
      rehash: 'replace',
      device,
      client: { ip, tenant },
    })
    .then(
      ({ outcome, deviceId }) =>
        deviceId === undefined ? outcome.kind : `${outcome.kind} as known`,
      (error: { reason?: string }) => error.reason ?? 'failed',
    );

async function outcomes(times: number, each: (n: number) => Try): Promise<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (let n = 0; n < times; n++) {
    const outcome = await attempt(each(n));
    counted[outcome] = (counted[outcome] ?? 0) + 1;
  }
  return counted;
}
const anywhere = (n: number) => `203.0.${String(n >> 8)}.${String(n & 255)}`;

describe('ThrottledPasswordCheck', () => {
  // T-tzm7
  it('does no look-up and no hashing once a limit is reached, whatever device id a stranger invents', async () => {
    const made = () => ({ device: entropy.bytes(33).toString('base64url') });
    expect(await outcomes(30, made)).toEqual({ refused: 10, throttled: 20 });
    expect([lookUps, hashes]).toEqual([10, 10]);
  });

  // T-x4nd
  it('counts other proofs under the identifier of the user, where there is no email', async () => {
    const nameless = (identifier: string): VerifiedCandidate => ({
      account: { ...user(identifier).account, email: '', identifier },
      subject: { tokenVersion: 1, epoch: EPOCH },
    });
    const prove = (who: string) =>
      passwords.countOther(nameless(who), { client: { ip: '192.0.2.1' } });
    for (let n = 0; n < 10; n++) await prove('ann');
    await expect(prove('ann')).rejects.toMatchObject({ reason: 'throttled' });
    expect((await prove('bob')).admissions).toHaveLength(1);
    expect(await attempt({ as: 'ann' })).toBe('throttled');
  });

  // T-qxrn
  it('counts other proofs in the same bucket, whatever tenant the request names', async () => {
    const prove = (tenant: string) =>
      passwords.countOther(user('ada'), { client: { ip: '192.0.2.1', tenant } });
    for (let n = 0; n < 10; n++) await prove(`shop${String(n)}`);
    await expect(prove('another')).rejects.toMatchObject({ reason: 'throttled' });
  });

  // T-d7tn
  it('allows a genuine device no more look-ups, whatever tenants the requests name', async () => {
    const device = devices.mint('eve', EPOCH);
    const tried = await outcomes(300, (n) => ({
      as: 'nobody',
      device,
      tenant: `shop${String(n)}`,
    }));
    expect(tried).toEqual({ refused: 100, throttled: 200 });
    expect(lookUps).toBe(100);
  });

  // T-d8sp
  it('allows a known device ten failures, however its tenant is spelled', async () => {
    const device = devices.mint('ada', EPOCH);
    const tried = await outcomes(30, (n) => ({ device, tenant: `north${' '.repeat(n)}` }));
    expect(tried).toEqual({ 'refused as known': 10, throttled: 20 });
  });

  // T-d6sh
  it('counts the look-ups of a device whose account has used up what its devices share', async () => {
    for (let n = 0; n < 10; n++) {
      const device = devices.mint('ada', EPOCH);
      expect(await outcomes(10, () => ({ device }))).toEqual({ 'refused as known': 10 });
    }
    lookUps = 0;
    const device = devices.mint('ada', EPOCH);
    expect(await outcomes(300, () => ({ device }))).toEqual({ throttled: 300 });
    // its own ten, and then as any other from that address
    expect(lookUps).toBe(110);
  });

  it('counts a genuine device of another account as a stranger, and allows it ten look-ups at most', async () => {
    const device = devices.mint('eve', EPOCH);
    expect(await outcomes(10, () => ({}))).toEqual({ refused: 10 });
    lookUps = 0;
    expect(await outcomes(30, () => ({ device }))).toEqual({ throttled: 30 });
    expect(lookUps).toBe(10);
  });

  it('accepts a known device while strangers are refused', async () => {
    await outcomes(120, (n) => ({ ip: anywhere(n) }));
    const device = devices.mint('ada', EPOCH);
    expect(await attempt({ password: 'right', device })).toBe('verified as known');
    expect(await outcomes(11, () => ({ device }))).toEqual({
      'refused as known': 10,
      throttled: 1,
    });
  });

  // one browser, several people: or somebody planted the cookie of an account of their own
  // T-d9tw
  it('locks no other account in a browser whose device has used up the tries of its own', async () => {
    const device = devices.mint('eve', EPOCH);
    const eve = { as: 'eve@example.com', device };
    expect(await outcomes(15, () => eve)).toEqual({ 'refused as known': 10, throttled: 5 });
    expect(await attempt({ password: 'right', device })).toBe('verified');
    expect(await attempt({ ...eve, password: 'right' })).toBe('throttled');
    expect(await outcomes(300, () => eve)).toEqual({ throttled: 300 });
    // ten as the device's, a hundred as the address's
    expect(lookUps).toBeLessThanOrEqual(111);
    const elsewhere = { ip: '192.0.2.2' };
    expect(await outcomes(11, () => ({ as: eve.as, ...elsewhere }))).toEqual({
      refused: 10,
      throttled: 1,
    });
    expect(await outcomes(11, () => ({ device, ...elsewhere }))).toEqual({
      refused: 10,
      throttled: 1,
    });
  });

  // T-shtn
  it('bounds the failures of all known devices of an account together, because each login makes another device', async () => {
    const minted = Array.from({ length: 15 }, () => devices.mint('ada', EPOCH));
    const counted = await outcomes(150, (n) => ({ device: minted[n % 15], ip: anywhere(n) }));
    expect(counted).toEqual({ 'refused as known': 100, throttled: 50 });
  });

  // T-68b8
  it('counts all spellings of an account as one', async () => {
    const spell = (n: number) =>
      ['ada', 'ADA', 'a.d.a', 'a\u200bda', 'a-d_a', 'ada+1'][n % 6] ?? '';
    const counted = await outcomes(180, (n) => ({
      as: `${spell(n)}@example.com`,
      ip: anywhere(n >> 3),
    }));
    expect(counted).toEqual({ refused: 100, throttled: 80 });
  });

  it('counts an alias against its account as well, and no answer reveals that it leads to one', async () => {
    const [alias, nobody] = ['countess@example.com', 'nobody@example.com'];
    expect(await outcomes(100, (n) => ({ ip: anywhere(n) }))).toEqual({ refused: 100 });
    const before = hashes;
    const right = { password: 'right' };
    const toAda = await outcomes(110, (n) => ({ ...right, as: alias, ip: anywhere(n + 200) }));
    expect(hashes - before).toBe(100);
    const toNobody = await outcomes(110, (n) => ({ ...right, as: nobody, ip: anywhere(n + 400) }));
    expect([toAda['throttled'], toNobody['throttled']]).toEqual([10, 10]);
    expect(toAda).toEqual({ login_refused: 100, throttled: 10 });
    expect(events).toContainEqual({ type: 'login.throttled', ip: anywhere(200), userId: 'ada' });
  });

  it('gives every bucket back after success, and when the password was not compared', async () => {
    const device = devices.mint('ada', EPOCH);
    for (const password of ['right', 'down'])
      for (const with_ of [{}, { device }])
        for (let n = 0; n < 12; n++)
          expect(['verified', 'verified as known', 'failed']).toContain(
            await attempt({ password, ...with_ }),
          );
  });
});
