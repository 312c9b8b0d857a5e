import { describe, expect, it } from '@jest/globals';
import { acceptedFor } from './support/accepted-for.js';
import { lookAt, tabThrough } from './support/accessibility.js';
import { actOnPage } from './support/acting-page.js';
import { copiedJar } from './support/dbsc-browser.js';
import { pageStage, signedOut } from './support/page-stage.js';
import { takePictures } from './support/pictures.js';
import { admin, ADAPTERS, logIn, PASSWORD, register } from './support/stage.js';
import { until } from './support/until.js';
import { USER_AGENTS, type Visitor } from './support/visitor.js';

const { arrive, browser, someone, someoneIn, stage } = pageStage();
const heading = ({ page }: Visitor, name: string) => page.getByRole('heading', { level: 1, name });

describe.each(ADAPTERS)('the page on %s', (adapter) => {
  // T-8r2v
  it('is served under a policy without anything inline or from elsewhere', async () => {
    const client = stage().demos[adapter].client();
    const page = await client.get('/');
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
    });
    const policy = page.headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|data:|\*/);
    const assets = [...page.text.matchAll(/"(\/assets\/main-[^"]+)"/g)].map(
      ([, path]) => path ?? '',
    );
    expect(assets).toHaveLength(2);
    for (const path of assets) {
      const asset = await client.get(path);
      const found = [asset.status, asset.headers['cache-control']];
      expect(found).toEqual([200, 'public, max-age=31536000, immutable']);
    }
    const unknown = await client.get('/assets/unknown.js');
    expect([unknown.status, unknown.json()]).toEqual([
      404,
      expect.objectContaining({ statusCode: 404 }),
    ]);
  });

  it('shows only the user’s own account', async () => {
    const client = stage().demos[adapter].client();
    const person = await register(client);
    expect((await client.get('/account')).status).toBe(401);
    await logIn(client, person);
    expect((await client.get('/account')).json()).toEqual({
      id: person.id,
      email: person.email,
      name: null,
      role: 'user',
      emailVerified: false,
    });
  });
});

// T-7tbp
it('signs up, keeps notes, and leaves no token where a script could read it', async () => {
  const me = await arrive();
  const { page } = me;
  await page.getByRole('button', { name: 'Create an account' }).click();
  await page.getByLabel('Email').fill(`${crypto.randomUUID()}@people.test`);
  await page.getByLabel('Name').fill('Ines');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Stay signed in for 90 days without use').check();
  await page.getByRole('button', { name: 'Create account' }).click();
  await heading(me, 'Sessions').waitFor();
  await page.getByRole('row', { name: /This device.*Remembered/s }).waitFor();

  await me.go('Notes');
  await page.getByLabel('New note').fill('Milk & <b>bread</b>');
  await page.getByRole('button', { name: 'Add note' }).click();
  await page.getByText('Milk & <b>bread</b>', { exact: true }).waitFor();
  await page.getByRole('button', { name: /Delete the note/ }).click();
  await page.getByText('No notes yet.').waitFor();

  const readable = await page.evaluate(() =>
    JSON.stringify([
      document.cookie,
      { ...localStorage },
      { ...sessionStorage },
      Object.keys(window),
    ]),
  );
  expect(readable).not.toMatch(/eyJ|token=|[\w-]{60}/);
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByText('You are signed out.').waitFor();
});

// T-nh2p
it('shows both browsers, and ends the other one, on another process, within a second', async () => {
  const person = await someone();
  const [laptop, other] = await Promise.all([
    arrive(),
    arrive({ userAgent: USER_AGENTS.firefox }, 'fastify'),
  ]);
  await other.signIn(person);
  await laptop.signIn(person);
  const row = laptop.page.getByRole('row', { name: /Firefox on Windows/ });
  await row.waitFor();
  await expect(row.getByText('This device').count()).resolves.toBe(0);
  await laptop.page.getByRole('row', { name: /Chrome on .*This device/s }).waitFor();
  expect(await row.locator('time').first().getAttribute('title')).toMatch(/\d{4}.*\d\d:\d\d:\d\d/);

  const copy = await copiedJar(other.context, stage().demos.fastify.url);
  const answered = laptop.page.waitForResponse((answer) => answer.request().method() === 'DELETE');
  const asked = other.page.waitForResponse((answer) => answer.url().endsWith('/auth/me'));
  await row.getByRole('button', { name: /^End/ }).click();
  expect((await answered).status()).toBe(204);
  expect(await acceptedFor(async () => (await copy.get('/auth/me')).status)).toBeLessThan(1_000);
  expect((await asked).status()).toBe(401);
  await signedOut(other);
  await until(() => other.sockets.closed === 1, 5_000);
  await row.waitFor({ state: 'detached' });
  await heading(laptop, 'Sessions').waitFor();
});

it('shows a rotation, and the reuse of a spent token', async () => {
  const { me } = await someoneIn();
  const spent = (await me.context.cookies()).find(({ name }) => name === 'refresh_token')?.value;
  await me.page.getByRole('button', { name: 'Rotate now' }).click();
  expect(await me.told('refresh.rotated')).toContain('Refresh token rotated');

  const thief = stage().demos.fastify.client();
  const headers = { cookie: `refresh_token=${spent}` };
  expect((await thief.post('/auth/refresh', {}, { headers })).status).toBe(401);
  await signedOut(me);
  expect(await me.context.cookies()).not.toContainEqual(
    expect.objectContaining({ name: 'access_token' }),
  );
});

it('stages a theft that ends every session, and the history shows it', async () => {
  const { person, me } = await someoneIn();
  const { page } = me;
  await page.getByRole('button', { name: 'Stage a theft' }).click();
  const dialog = page.getByRole('dialog', { name: 'Stage a theft' });
  await dialog.getByLabel('Your password', { exact: true }).fill('not it at all');
  await dialog.getByRole('button', { name: 'Steal it' }).click();
  await dialog.getByText('That is not your password.').waitFor();
  await dialog.getByLabel('Your password', { exact: true }).fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Steal it' }).click();
  await dialog.getByText('Every copy is worthless now.').waitFor();
  expect(await dialog.locator('code').allTextContents()).toEqual(['200', '200', '401', '401']);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await signedOut(me);
  await me.signIn(person);
  expect(await me.told('refresh.reused')).toMatch(/Taken for theft: 2 sessions ended/);
});

it('changes the password: the other browser is signed out, and this one continues', async () => {
  const person = await someone();
  const [me, other] = [await arrive(), await arrive()];
  await other.signIn(person);
  await me.signIn(person);
  await me.go('Account');
  const { page } = me;
  const change = async (current: string, next = 'another river at dusk'): Promise<void> => {
    await page.getByLabel('Current password', { exact: true }).fill(current);
    await page.getByLabel('New password', { exact: true }).fill(next);
    await page.getByRole('button', { name: 'Change password' }).click();
  };
  await change('not it at all');
  expect(await me.wrongAt('Current password')).toBe('The current password is not right.');
  await change(PASSWORD, PASSWORD);
  expect(await me.wrongAt('New password')).toMatch(/^This is the password that you have/);
  await change(PASSWORD);
  await page.getByText('Every other session was ended.').waitFor();
  await signedOut(other);
  expect(await me.told('password.changed')).toContain('Password changed');
  await page.getByText('Live', { exact: true }).waitFor();
  await me.go('Sessions');
  await page.getByRole('rowheader').first().waitFor();
  expect(await page.getByRole('rowheader').count()).toBe(1);
});

it('asks for the password when the proof is too old, and then continues', async () => {
  const { person, me } = await someoneIn();
  const { page } = me;
  await stage().rows(
    "update auth_sessions set auth_time = now() - interval '6 minutes' where subject = $1",
    person.id,
  );
  await page.getByRole('button', { name: 'Rotate now' }).click();
  await me.told('refresh.rotated');
  await me.go('Account');
  await page.getByText('6 minutes ago').waitFor();
  const remove = page.getByRole('button', { name: 'Delete account' });
  const asks = page.getByRole('dialog', { name: `Delete the account of ${person.email}?` });
  // by the keyboard: panels that still load above would push the button away from under a pointer
  await remove.press('Enter');
  await asks.getByRole('button', { name: 'Keep it' }).click();
  await remove.and(page.locator(':focus')).waitFor();

  const dialog = page.getByRole('dialog', { name: 'Confirm it is you' });
  await remove.click();
  await page.getByRole('button', { name: 'Delete it for good' }).click();
  await dialog.press('Escape');
  await remove.and(page.locator(':focus')).waitFor();
  await remove.click();
  await page.getByRole('button', { name: 'Delete it for good' }).click();
  await dialog.getByLabel('Your password', { exact: true }).fill('not it at all');
  await page.keyboard.press('Enter');
  await dialog.getByText('That is not your password.').waitFor();
  await dialog.getByLabel('Your password', { exact: true }).fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByText('Your account is deleted').waitFor();
  expect(await stage().rows('select 1 from users where id = $1', person.id)).toEqual([]);
});

it('lets an admin change a role, end the sessions and disable, at once', async () => {
  const person = await someone();
  const [boss, user] = [await arrive(), await arrive({}, 'fastify')];
  await user.signIn(person);
  await boss.signIn(admin);
  await boss.go('Users');
  const { page } = boss;
  expect(await user.page.getByRole('link', { name: 'Users' }).count()).toBe(0);
  await page.getByLabel(`Role of ${person.email}`).selectOption('admin');
  await page.getByText(`${person.email} is admin now.`).waitFor();
  await user.go('Users');
  expect(await page.getByLabel(`Role of ${admin.email}`).isDisabled()).toBe(true);

  await page.getByRole('button', { name: `End every session of ${person.email}` }).click();
  await signedOut(user);
  await user.signIn(person);
  await page.getByRole('button', { name: `Disable ${person.email}` }).click();
  await signedOut(user);
  await user.page.getByLabel('Email').fill(person.email);
  await user.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await user.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  expect(await user.wrongAt('Password')).toBe('Email or password is not right.');
});

it('acts as a user under a banner that names both, and the admin’s session continues', async () => {
  const own = stage().demos.express.client();
  await actOnPage({ boss: await arrive(), by: admin, own, scheme: 'Bearer' });
});

it('shows sessions that the user ended as such, and gives each session its own name', async () => {
  const person = await someone();
  const me = await arrive();
  for (const _ of [1, 2]) await logIn(stage().demos.express.client(), person);
  await me.signIn(person);
  const { page } = me;
  const ends = page.getByRole('button', { name: /^End the session/ });
  expect(new Set(await ends.evaluateAll((all) => all.map(({ ariaLabel }) => ariaLabel))).size).toBe(
    2,
  );
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await page.getByText('You signed out everywhere.').waitFor();
  await page.locator('h1:focus').waitFor();
  await me.signIn(person);
  expect(await me.told('sessions.ended')).toContain('You signed out everywhere');
  expect(await page.locator('li[data-type="sessions.ended"]').getAttribute('class')).toBe('plain');
});

// T-t4s3
it('is accessible on a phone and a desktop, in light and dark', async () => {
  const me = await arrive();
  const { page } = me;
  await lookAt(page, 'Sign in');
  expect(await tabThrough(page, 5)).toEqual([
    'Email',
    'Password',
    'Show password',
    expect.stringMatching(/^Stay signed in/),
    'Sign in',
  ]);
  await me.signIn(admin);
  for (const name of ['Notes', 'Account', 'Users', 'Sessions'] as const) {
    await me.go(name);
    if (name === 'Users') await page.getByRole('table').waitFor();
    await lookAt(page, name);
  }
  await page.getByRole('button', { name: 'Stage a theft' }).click();
  await lookAt(page, 'dialog');
  expect(await tabThrough(page, 2)).toEqual(['Show your password', 'Steal it']);
});

// UPDATE_SCREENSHOTS=1 npm test -- test/page.e2e.ts
if (process.env['UPDATE_SCREENSHOTS'])
  it('is photographed for the docs', () => takePictures(browser(), stage()), 120_000);
