import { Controller, Get, UseGuards } from '@nestjs/common';
import { expect } from '@jest/globals';
import { JwtAuthGuard } from '@tokenward/nestjs';
import { acceptedFor } from './accepted-for.js';
import type { HttpClient } from './http.js';
import { bearer } from './stage.js';
import { until } from './until.js';

const MAX_STALENESS_MS = 1_000;

/** A route behind the guard, for hosts in which something else matters. */
@Controller()
export class Things {
  @Get('things')
  @UseGuards(JwtAuthGuard)
  things(): string {
    return 'ok';
  }
}

/** Signs in and out at one process, and looks whether another refuses the token in time. Returns the token. */
export async function expectSignOutSeen(
  [here, there]: readonly HttpClient[],
  account: { readonly email: string; readonly password: string },
): Promise<string> {
  const login = await here!.post('/auth/login', { ...account, transport: 'bearer' });
  const { accessToken } = login.json<{ accessToken: string }>();
  const ask = async () => (await there!.get('/things', bearer(accessToken))).status;
  await until(async () => (await ask()) === 200);
  expect((await here!.post('/auth/logout', {}, bearer(accessToken))).status).toBe(204);
  expect(await acceptedFor(ask)).toBeLessThanOrEqual(MAX_STALENESS_MS);
  expect(await ask()).toBe(401);
  return accessToken;
}
