import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { startDemo, type Demo } from './demo.js';
import { processIdentity } from '../../tools/embedded-postgres/process-identity.js';

// each test starts several servers, on machines that may be busy
jest.setTimeout(120_000);

const demos: Demo[] = [];
afterAll(() => Promise.all(demos.map((demo) => demo.stop())));

describe('the demo with no configuration', () => {
  it('prints its users once, lets them sign in, and keeps all acknowledged data after a SIGKILL', async () => {
    const first = await startDemo();
    demos.push(first);
    expect(first.users.map(({ role }) => role).sort()).toEqual(['admin', 'user']);
    const { email, password } = first.users[0]!;
    const client = first.client();
    expect((await client.post('/auth/login', { email, password })).status).toBe(200);
    await first.kill('SIGKILL');

    const again = await startDemo({ dataDir: first.dataDir });
    demos.push(again);
    expect(again.users).toEqual([]);
    expect(
      (
        await again.client().request('POST', '/auth/refresh', {
          headers: { cookie: client.jar.header('/auth') ?? '' },
        })
      ).status,
    ).toBe(200);
    expect(await again.stop()).toBe(0);
    expect(processIdentity(again.pid)).toBeUndefined();
  });

  it('a second demo on the same data reports it in one line and exits', async () => {
    const first = await startDemo();
    demos.push(first);
    const second = await startDemo({ dataDir: first.dataDir, untilReady: false });
    expect(await second.exited).toBe(1);
    expect(second.output().trim().split('\n')).toHaveLength(1);
    expect(second.output()).toMatch(/Already running on/);
  });

  it.each([
    ['PORT', 'none'],
    ['JWT_PRIVATE_KEY', 'none'],
    ['TRUSTED_ORIGINS', '*'],
  ])('names %s when it makes no sense', async (name, value) => {
    const demo = await startDemo({ env: { [name]: value }, untilReady: false });
    expect(await demo.exited).toBe(1);
    expect(demo.output().trim().split('\n')).toHaveLength(1);
    expect(demo.output()).toContain(name);
  });
});
