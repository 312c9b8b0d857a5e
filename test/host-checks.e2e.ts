import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuthService, OriginGuard, Public, ThrottleGuard } from '@tokenward/nestjs';
import {
  addPerson,
  HOST_PASSWORD as PASSWORD,
  hostDatabase,
  type HostApp,
  type HostDatabase,
  hostOptions,
  hostWith,
} from './support/host-app.js';

@Controller('door')
class DoorController {
  constructor(private readonly auth: AuthService) {}

  @Public()
  @Post('password')
  @UseGuards(OriginGuard)
  @HttpCode(200)
  async password(@Body() { name, password }: { name: string; password: string }) {
    const { id } = await this.auth.checkPassword(name, password, { ip: '192.0.2.7' });
    return { id };
  }

  @Public()
  @Post('code')
  @UseGuards(ThrottleGuard)
  @HttpCode(204)
  code(): void {
    // nothing: the guard is what is looked at
  }
}

describe('the safe parts on routes of a host', () => {
  let database: HostDatabase;
  let host: HostApp;
  let auth: AuthService;
  let id: string;

  beforeAll(async () => {
    database = await hostDatabase();
    const options = hostOptions(database, { throttle: { accountAndAddress: 3, address: 8 } });
    const started = await hostWith(options, [DoorController]);
    [host, auth] = [started, started.auth];
    id = (await addPerson(host, database, { mail: 'ann@example.com', kind: null })).id;
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });

  const knock = (name: string, password: string, headers = {}) =>
    host.client().post('/door/password', { name, password }, { headers });

  // T-p4tt
  it('checks a password like a login: one answer for all failures, counted, and only from this site', async () => {
    expect((await knock('Ann@Example.com', PASSWORD)).json()).toEqual({ id });
    const [wrong, nobody] = [
      await knock('ann@example.com', 'x'),
      await knock('ben@example.com', 'x'),
    ];
    expect([wrong.status, wrong.text]).toEqual([401, nobody.text]);
    const elsewhere = await knock('ann@example.com', PASSWORD, { origin: 'https://evil.example' });
    expect(elsewhere.json()).toMatchObject({ statusCode: 403, code: 'cross_origin' });
    for (let n = 0; n < 2; n++) await knock('ann@example.com', 'x');
    const last = await knock('ann@example.com', PASSWORD);
    expect([last.status, last.json()['code']]).toEqual([429, 'too_many_attempts']);
  });

  // T-5j73
  it('reports what is wrong with a new password', async () => {
    await expect(auth.checkNewPassword('a river at dusk')).resolves.toBeUndefined();
    const weak = { code: 'invalid_input', reason: 'password_unacceptable' };
    await expect(auth.checkNewPassword('password1')).rejects.toMatchObject(weak);
    const context = { email: 'annabel@example.com' };
    await expect(auth.checkNewPassword('annabel at dusk', context)).rejects.toMatchObject(weak);
  });

  it('openSession keeps of a user agent what a column of text holds, and 512 characters at most', async () => {
    const userAgent = `a\u0000b\ud800${'c'.repeat(600)}`;
    await auth.openSession(id, { transport: 'bearer', client: { userAgent } });
    const kept = (await auth.sessions(id)).map((each) => each.userAgent);
    expect(kept).toContain(`ab${'c'.repeat(510)}`);
  });

  // T-6grb
  it('renews the proof of a live session, and of no other', async () => {
    const opened = await auth.openSession(id, {
      transport: 'bearer',
      authTime: new Date(1_000),
      amr: ['pwd'],
    });
    if (!('grant' in opened)) throw new Error('no second factor is on');
    const renewed = await auth.renewProof(opened.grant.sessionId, ['otp']);
    const headers = { authorization: `Bearer ${renewed.accessToken}` };
    const me = (await host.client().get('/auth/me', { headers })).json<{
      authTime: string;
      amr: string[];
    }>();
    expect(me.amr).toEqual(['otp']);
    expect(Date.now() - Date.parse(me.authTime)).toBeLessThan(60_000);
    const { refreshToken } = opened.grant;
    expect((await host.client().post('/auth/refresh', { refreshToken })).status).toBe(401);
    await auth.revokeUser(id);
    const dead = auth.renewProof(opened.grant.sessionId, ['otp']);
    await expect(dead).rejects.toMatchObject({ reason: 'session_not_found' });
  });

  // T-f275
  it('counts requests of an address', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 9; n++) statuses.push((await host.client().post('/door/code')).status);
    expect(statuses).toEqual([...Array.from({ length: 8 }, () => 204), 429]);
  });
});
