import { expect } from '@jest/globals';
import { TOTP } from 'otpauth';
import type { Pool } from 'pg';
import { lookAt } from './accessibility.js';
import { PASSWORD, type Person } from './stage.js';
import type { Visitor } from './visitor.js';

/*
 * What people do on the page of the demo with their account.
 */

export const button = ({ page }: Visitor, name: string) =>
  page.getByRole('button', { name, exact: true });
export const heading = ({ page }: Visitor, name: string) =>
  page.getByRole('heading', { level: 1, name });

/** The newest mail to that address in the mailbox page. */
export async function open(me: Visitor, to: string, subject: string): Promise<void> {
  await heading(me, 'Mailbox').waitFor();
  const mail = me.page.getByRole('listitem').filter({ hasText: `To ${to},` });
  await mail.getByRole('link', { name: subject }).first().click();
}

/** The heading of the page that was shown last. */
export const isIn = ({ page }: Visitor) => page.getByText('Live', { exact: true }).waitFor();

export async function signOut(me: Visitor): Promise<void> {
  await button(me, 'Sign out').click();
  await heading(me, 'Sign in').waitFor();
}

export async function password(me: Visitor, { email }: Person): Promise<void> {
  await me.page.getByLabel('Email').fill(email);
  await me.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await button(me, 'Sign in').click();
}

export async function setPassword(me: Visitor, text: string): Promise<void> {
  await me.page.getByLabel('New password', { exact: true }).fill(text);
  await button(me, 'Set the password').click();
}

export async function askForLink(me: Visitor, way: string, email: string): Promise<void> {
  await button(me, way).click();
  await me.page.getByLabel('Email').fill(email);
  await button(me, 'Send the link').click();
}

export async function addPasskey(me: Visitor, name?: string): Promise<void> {
  await button(me, 'Add a passkey').click();
  if (name !== undefined) await me.page.getByLabel('Name').fill(name);
  await me.page.getByRole('dialog').getByRole('button', { name: 'Go on' }).click();
}

export async function removeLast({ page }: Visitor, name: RegExp): Promise<void> {
  await page.getByRole('button', { name }).click();
  await page.getByText('the password is all that it takes').waitFor();
}

/** Enters the code of the second step of a sign-in. */
export async function answerStep(me: Visitor, label: string, text: string): Promise<void> {
  await me.page.getByLabel(label).fill(text);
  await button(me, 'Go on').click();
}

/** Makes the user's proof six minutes old, and refreshes the tokens. */
export async function age(me: Visitor, { id }: Person, pool: Pool): Promise<void> {
  const text =
    "update auth_sessions set auth_time = now() - interval '6 minutes' where subject = $1";
  await pool.query(text, [id]);
  await button(me, 'Rotate now').click();
  await me.page.getByText('6 minutes ago').waitFor();
}

export const proofDialog = ({ page }: Visitor) =>
  page.getByRole('dialog', { name: 'Confirm it is you' });

/** Confirms the dialog and returns the recovery codes that it showed. */
export async function keptCodes(me: Visitor): Promise<readonly string[]> {
  const dialog = me.page.getByRole('dialog', { name: 'Your recovery codes' });
  await dialog.waitFor();
  await lookAt(me.page, 'codes');
  const codes = await dialog.getByRole('listitem').allInnerTexts();
  await button(me, 'I have kept them').click();
  return codes;
}

/** Adds an authenticator app when the proof is too old, with one wrong code first. */
export async function addAuthenticator(me: Visitor) {
  const { page } = me;
  const dialog = page.getByRole('dialog');
  await button(me, 'Add an authenticator app').click();
  await dialog.getByLabel('Name').fill('phone');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  const proof = proofDialog(me);
  await proof.getByLabel('Your password', { exact: true }).fill(PASSWORD);
  await proof.getByRole('button', { name: 'Confirm' }).click();
  await dialog.getByRole('img', { name: 'The secret as a QR code' }).waitFor();
  await lookAt(page, 'totp');
  const secret = (await dialog.locator('.secret').innerText()).replaceAll(' ', '');
  const totp = new TOTP({ secret });
  const codeIn = (steps: number) => totp.generate({ timestamp: Date.now() + steps * 30_000 });
  const code = dialog.getByLabel('The code that it shows');
  await code.fill('000000');
  await page.keyboard.press('Enter');
  expect(await me.wrongAt('The code that it shows')).toMatch(/^That code is not right/);
  await code.fill(codeIn(-1));
  await page.keyboard.press('Enter');
  return { codeIn, recovery: await keptCodes(me) };
}
