import { describe, expect, it } from '@jest/globals';
import { DeviceAgent } from './support/device.js';
import { factorHost, PASSWORD } from './support/factor-host.js';

describe('the registration of a key', () => {
  it('binds nothing when the claims hook fails, and succeeds when it is back', async () => {
    let hook = (): Record<string, unknown> => ({});
    const host = await factorHost({
      deviceBound: 'offer',
      accessToken: { claims: () => hook() },
    });
    const { email, id } = await host.person();
    const client = host.client();
    const login = await client.post('/auth/login', { email, password: PASSWORD });
    const agent = new DeviceAgent(client);
    hook = () => {
      throw new Error('away');
    };
    expect((await agent.register(login)).status).toBe(503);
    hook = () => ({});
    expect((await host.auth.sessions(id)).map(({ bound }) => bound)).toEqual([null]);
    expect((await agent.register(login)).status).toBe(200);
    await host.close();
  });
});
