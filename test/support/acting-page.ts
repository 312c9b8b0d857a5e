import { expect } from '@jest/globals';
import type { Request } from 'playwright-core';
import { lookAt } from './accessibility.js';
import type { HttpClient } from './http.js';
import { type Person, signUp } from './stage.js';
import { until } from './until.js';
import type { Visitor } from './visitor.js';

interface ActingPage {
  readonly boss: Visitor;
  /** A user with role `admin`. */
  readonly by: Pick<Person, 'email' | 'password'>;
  /** The user that the admin acts as. */
  readonly own: HttpClient;
  /** Headers of the acting session's requests. */
  readonly scheme: 'Bearer' | 'DPoP';
}

/** Acts as a new user three times: goes back, is ended by the person, and is ended with the admin's own session. */
export async function actOnPage({ boss, by, own, scheme }: ActingPage): Promise<void> {
  const person = await signUp(own);
  await boss.signIn(by);
  const { page, context } = boss;
  const sent: Request[] = [];
  page.on('request', (request) => sent.push(request));
  const cookies = async () =>
    (await context.cookies()).map(({ name, value }) => `${name}=${value}`).sort();
  const actedIn = async () =>
    (await own.get('/auth/sessions'))
      .json<{ id: string; actor?: object }[]>()
      .filter(({ actor }) => actor);
  const act = async (): Promise<void> => {
    await page.getByRole('button', { name: `Act as ${person.email}` }).click();
    await page.getByRole('banner').getByText(`Acting as ${person.email}`).waitFor();
  };
  const backAsAdmin = () =>
    page.getByRole('heading', { level: 1, name: 'Users' }).and(page.locator(':focus'));

  await boss.go('Users');
  const before = await cookies();
  expect(await page.getByRole('button', { name: `Act as ${by.email}` }).count()).toBe(0);
  await act();
  await page.getByRole('status').getByText(`You act as ${person.email} now.`).waitFor();
  await page.getByRole('banner').getByText(`You are ${by.email}.`).waitFor();
  await page
    .getByRole('heading', { level: 1, name: 'Notes' })
    .and(page.locator(':focus'))
    .waitFor();
  await lookAt(page, `acting-${scheme}`);
  await page.getByLabel('New note').fill('Seen by support');
  await page.getByRole('button', { name: 'Add note' }).click();
  await page.getByText('Seen by support', { exact: true }).waitFor();
  expect((await own.get('/notes')).json()).toEqual([
    expect.objectContaining({ text: 'Seen by support' }),
  ]);
  expect(await actedIn()).toHaveLength(1);
  const asked = sent.find(
    (request) => request.method() === 'POST' && request.url().endsWith('/notes'),
  );
  const headers = (await asked?.allHeaders()) ?? {};
  expect([headers['cookie'], headers['authorization']?.split(' ')[0]]).toEqual([undefined, scheme]);
  const kept = await page.evaluate(async () =>
    JSON.stringify([
      document.cookie,
      { ...localStorage },
      { ...sessionStorage },
      await indexedDB.databases(),
    ]),
  );
  expect(kept).not.toMatch(/eyJ|dpop|[\w-]{60}/);

  await page.getByRole('button', { name: 'Stop acting' }).click();
  await backAsAdmin().waitFor();
  await page.getByText(`You act as ${person.email} no longer.`).waitFor();
  expect(await actedIn()).toEqual([]);

  await act();
  await own.delete(`/auth/sessions/${(await actedIn())[0]?.id ?? ''}`);
  await page.getByLabel('New note').fill('Too late');
  await page.getByRole('button', { name: 'Add note' }).click();
  await backAsAdmin().waitFor();
  await page.getByText(`The session as ${person.email} was ended.`).waitFor();
  expect(await cookies()).toEqual(before);

  await act();
  const tab = await context.newPage();
  await tab.goto(page.url());
  await tab.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByText('You are signed out.').waitFor();
  await until(async () => (await actedIn()).length === 0);
}
