import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { TOTP } from 'otpauth';
import type { Browser } from 'playwright-core';
import { lookAt } from './support/accessibility.js';
import { actOnPage } from './support/acting-page.js';
import { launchChromium } from './support/chromium.js';
import { createDatabase, testPool } from './support/databases.js';
import { type Demo, startDemo } from './support/demo.js';
import { PASSWORD, type Person, register, STAGE_TIMEOUT_MS } from './support/stage.js';
import { virtualAuthenticator } from './support/virtual-authenticator.js';
import { visit, type Visitor } from './support/visitor.js';

const NEXT_PASSWORD = 'another river at dusk';
const ADMIN = 'root@page.test';
let demo: Demo;
let example: string;
let browser: Browser;
let database: Awaited<ReturnType<typeof createDatabase>>;
let pool: ReturnType<typeof testPool>;
let visitors: Visitor[] = [];

beforeAll(async () => {
  database = await createDatabase();
  pool = testPool({ connectionString: database.url, max: 1 });
  browser = await launchChromium();
  demo = await startDemo({
    env: {
      ...{ DATABASE_URL: database.url, LOGIN_THROTTLE: 'off', OIDC_PROVIDERS: '', DPOP: 'require' },
      DEMO_USERS: `${ADMIN}:${PASSWORD}:admin`,
    },
  });
  example = `${demo.url}/example-provider`;
}, STAGE_TIMEOUT_MS);
afterAll(async () => {
  await browser?.close();
  await demo?.stop();
  await pool?.end();
  await database?.drop();
});
afterEach(async () => {
  const complaints = visitors
    .flatMap((visitor) => visitor.complaints)
    .filter((each) => !each.startsWith(`a request to ${demo.url}`));
  await Promise.all(visitors.map(({ context }) => context.close()));
  visitors = [];
  expect(complaints).toEqual([]);
});

/** By name: browsers refuse passkeys at an address. */
async function arrive(): Promise<Visitor> {
  const visitor = await visit(browser, `http://localhost:${String(demo.port)}`);
  visitors.push(visitor);
  visitor.page.setDefaultTimeout(15_000);
  return visitor;
}

const someone = (): Promise<Person> => register(demo.client());
const button = ({ page }: Visitor, name: string) => page.getByRole('button', { name, exact: true });
const heading = ({ page }: Visitor, name: string) => page.getByRole('heading', { level: 1, name });
/** The newest mail to that address, at the mailbox that the page shows. */
async function open(me: Visitor, to: string, subject: string): Promise<void> {
  await heading(me, 'Mailbox').waitFor();
  const mail = me.page.getByRole('listitem').filter({ hasText: `To ${to},` });
  await mail.getByRole('link', { name: subject }).first().click();
}
/** Whatever page it was that was shown last. */
const isIn = ({ page }: Visitor) => page.getByText('Live', { exact: true }).waitFor();
async function signOut(me: Visitor): Promise<void> {
  await button(me, 'Sign out').click();
  await heading(me, 'Sign in').waitFor();
}
async function password(me: Visitor, { email }: Person): Promise<void> {
  await me.page.getByLabel('Email').fill(email);
  await me.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await button(me, 'Sign in').click();
}
/** What the person proved is six minutes old from the next refresh on. */
async function age(me: Visitor, { id }: Person): Promise<void> {
  await pool.query("update auth_sessions set auth_time = now() - interval '6 minutes' where subject = $1", [
    id,
  ]);
  await button(me, 'Rotate now').click();
  await me.page.getByText('6 minutes ago').waitFor();
}

// T-rbkb
it('a forgotten password: a link, a new password, and the link works once', async () => {
  const person = await someone();
  const me = await arrive();
  const { page } = me;
  await button(me, 'Forgot your password?').click();
  await page.getByLabel('Email').fill(person.email);
  await button(me, 'Send the link').click();
  await lookAt(page, 'forgot');
  await page.getByRole('link', { name: 'open the mailbox' }).click();
  await lookAt(page, 'mailbox');
  await open(me, person.email, 'Set a new password');
  expect(page.url()).not.toContain('password_reset');
  await page.getByLabel('New password', { exact: true }).fill('password123');
  await button(me, 'Set the password').click();
  expect(await me.wrongAt('New password')).toMatch(/^This is one of the most used passwords/);
  await lookAt(page, 'reset');
  await page.getByLabel('New password', { exact: true }).fill(NEXT_PASSWORD);
  await button(me, 'Set the password').click();
  await page.getByText('Your new password is set.').waitFor();

  await page.getByRole('link', { name: 'mailbox' }).click();
  await open(me, person.email, 'Set a new password');
  await page.getByLabel('New password', { exact: true }).fill(NEXT_PASSWORD);
  await button(me, 'Set the password').click();
  await page.getByText('This link does not work any more').waitFor();
  await button(me, 'Not now').click();
  await me.signIn({ ...person, password: NEXT_PASSWORD });
});

// T-tdjd
it('a link that signs in, after the person agreed', async () => {
  const person = await someone();
  const me = await arrive();
  const { page } = me;
  await button(me, 'Sign in by mail').click();
  await page.getByLabel('Email').fill(person.email);
  await button(me, 'Send the link').click();
  await page.getByRole('link', { name: 'open the mailbox' }).click();
  await open(me, person.email, 'Sign in without a password');
  await heading(me, 'Sign in without a password').waitFor();
  expect(await me.context.cookies()).toEqual([]);
  await button(me, 'Sign in').click();
  await heading(me, 'Sessions').waitFor();
  await page.getByText(person.email).first().waitFor();
});

// T-djxk
it('an email is confirmed, and changed, by the links that its owner gets', async () => {
  const person = await someone();
  const me = await arrive();
  const { page } = me;
  await me.signIn(person);
  await me.go('Account');
  await page.getByText('Not confirmed').waitFor();
  await button(me, 'Send me the link').click();
  await me.go('Mailbox');
  await open(me, person.email, 'Confirm your email');
  await button(me, 'Confirm').click();
  await heading(me, 'Account').waitFor();
  await page.getByText('Confirmed', { exact: true }).waitFor();

  const next = `new-${person.email}`;
  await page.getByLabel('New email').fill(next);
  await button(me, 'Change email').click();
  await page.getByText('Nothing changes before the link').waitFor();
  await me.go('Mailbox');
  await open(me, next, 'Confirm your new email');
  await button(me, 'Confirm').click();
  await page.locator('.lead', { hasText: next }).waitFor();
});

// T-3t3b
it('an authenticator app: by QR code, at the sign-in, as a proof, and the codes for when it is lost', async () => {
  const person = await someone();
  const me = await arrive();
  const { page } = me;
  await me.signIn(person);
  await me.go('Account');
  await age(me, person);
  const dialog = page.getByRole('dialog');
  await button(me, 'Add an authenticator app').click();
  await dialog.getByLabel('Name').fill('phone');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  const proof = page.getByRole('dialog', { name: 'Confirm it is you' });
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
  const codes = page.getByRole('dialog', { name: 'Your recovery codes' });
  await codes.waitFor();
  await lookAt(page, 'codes');
  const recovery = await codes.getByRole('listitem').allInnerTexts();
  expect(recovery).toHaveLength(10);
  await button(me, 'I have kept them').click();
  await page.getByText('Authenticator app “phone”').waitFor();
  await lookAt(page, 'account');

  await signOut(me);
  await password(me, person);
  await heading(me, 'One more step').waitFor();
  await page.getByLabel('Code of your authenticator app').fill('000000');
  await button(me, 'Go on').click();
  expect(await me.wrongAt('Code of your authenticator app')).toMatch(/^That is not right/);
  await lookAt(page, 'second-step');
  await page.getByLabel('Code of your authenticator app').fill(codeIn(0));
  await button(me, 'Go on').click();
  await isIn(me);

  await me.go('Account');
  await age(me, person);
  await button(me, 'New recovery codes').click();
  await proof.getByLabel('Your password', { exact: true }).fill(PASSWORD);
  await proof.getByLabel('Code of your authenticator app').fill(codeIn(1));
  await proof.getByRole('button', { name: 'Confirm', exact: true }).click();
  await codes.waitFor();
  const renewed = await codes.getByRole('listitem').allInnerTexts();
  await button(me, 'I have kept them').click();

  await signOut(me);
  await password(me, person);
  await button(me, 'Use a recovery code').click();
  const lost = page.getByLabel('Recovery code');
  await lost.fill(recovery[0] ?? '');
  await button(me, 'Go on').click();
  expect(await me.wrongAt('Recovery code')).toMatch(/^That is not right/);
  await lost.fill(renewed[0] ?? '');
  await button(me, 'Go on').click();
  await isIn(me);
  await me.go('Account');
  await page.getByRole('button', { name: /^Remove Authenticator app “phone”/ }).click();
  await page.getByText('the password is all that it takes').waitFor();
});

// T-pcq6
it('a passkey: made, without a name at the sign-in, as a second step and as a proof', async () => {
  const person = await someone();
  const me = await arrive();
  const { page } = me;
  // the authenticator answers at once: what is offered in the field of the email would sign in before a button is pressed
  await page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
  });
  await page.reload();
  await virtualAuthenticator(me);
  await me.signIn(person);
  await me.go('Account');
  const add = async (): Promise<void> => {
    await button(me, 'Add a passkey').click();
    await page.getByLabel('Name').fill('laptop');
    await page.getByRole('dialog').getByRole('button', { name: 'Go on' }).click();
  };
  await add();
  await page.getByText('Passkey “laptop”').waitFor();
  // from the first factor on a proof includes one
  await add();
  await button(me, 'Use a passkey instead').click();
  await page.getByText('This device has a passkey of yours already.').waitFor();
  await page.keyboard.press('Escape');

  await signOut(me);
  await button(me, 'Sign in with a passkey').click();
  await isIn(me);

  await signOut(me);
  await password(me, person);
  await button(me, 'Use a passkey').click();
  await isIn(me);
});

// T-hz77
it('a passkey is offered in the field of the email', async () => {
  const person = await someone();
  const me = await arrive();
  await virtualAuthenticator(me);
  await me.signIn(person);
  await me.go('Account');
  await button(me, 'Add a passkey').click();
  await me.page.getByRole('dialog').getByRole('button', { name: 'Go on' }).click();
  await me.page.getByRole('button', { name: /^Remove Passkey/ }).waitFor();
  await button(me, 'Sign out').click();
  // the authenticator answers at once, and nothing was clicked
  await isIn(me);
  await me.page.getByRole('button', { name: /^Remove Passkey/ }).click();
  await me.page.getByText('the password is all that it takes').waitFor();
  await button(me, 'Sign out').click();
  await me.page.getByText('That passkey is not known here.').waitFor();
});

it('sign-in elsewhere: a new account, unlinked and linked again', async () => {
  const email = `elsewhere-${String(Date.now())}@example.com`;
  const me = await arrive();
  await button(me, 'Sign in with Example').click();
  await heading(me, 'Example').waitFor();
  await me.page.getByLabel('Email').fill(email);
  await lookAt(me.page, 'example');
  await button(me, 'Sign in at Example').click();
  await isIn(me);
  await me.go('Account');
  await me.page.getByText(`${email}, since`).waitFor();
  await button(me, 'Unlink Example').click();
  await me.page.getByText('Not linked').waitFor();
  await button(me, 'Link Example').click();
  await isIn(me);
  await me.go('Account');
  await button(me, 'Unlink Example').waitFor();
  await lookAt(me.page, 'elsewhere');

  // the provider tells the demo (OpenID Connect Back-Channel Logout 1.0)
  const there = await me.context.newPage();
  await there.goto(`${example}/session/end`);
  await there.getByRole('button', { name: 'Yes, sign me out' }).click();
  await heading(me, 'Sign in').waitFor();
});

it('sign-in elsewhere is refused there, and the provider answers this machine alone', async () => {
  const me = await arrive();
  await button(me, 'Sign in with Example').click();
  await button(me, 'Do not sign in').click();
  await heading(me, 'That did not sign you in').waitFor();
  expect(await me.context.cookies()).not.toContainEqual(expect.objectContaining({ name: 'access_token' }));
  const discovery = '/example-provider/.well-known/openid-configuration';
  const statusFor = async (headers: Record<string, string>, path = discovery) =>
    (await demo.client().get(path, { headers })).status;
  expect([
    await statusFor({}),
    await statusFor({ host: 'evil.example' }),
    await statusFor({ 'x-forwarded-for': '127.0.0.1' }),
    await statusFor({}, '/example-provider/sign-in/of-another-browser'),
  ]).toEqual([200, 404, 404, 400]);
});

it('an API key: made, shown once, at work, and deleted', async () => {
  const person = await someone();
  const me = await arrive();
  const { page } = me;
  await me.signIn(person);
  await me.go('Account');
  await page.getByLabel('What the key is for').fill('deploy');
  await button(me, 'Make a key').click();
  const dialog = page.getByRole('dialog', { name: 'Your new key' });
  const key = await dialog.locator('.secret').innerText();
  await lookAt(page, 'api-key');
  await button(me, 'I have kept it').click();
  const headers = { authorization: `Bearer ${key}` };
  expect((await demo.client().get('/me', { headers })).json()).toMatchObject({ id: person.id });
  await page.reload();
  await page.getByText('never used').or(page.getByText('last used')).first().waitFor();
  expect(await page.content()).not.toContain(key);
  await lookAt(page, 'api-keys');
  await page.getByRole('button', { name: /^Delete the key deploy/ }).click();
  await page.getByText('None yet.', { exact: true }).waitFor();
  expect((await demo.client().get('/me', { headers })).status).toBe(401);
});

it('an admin acts as a user where every session without cookies needs a key', async () => {
  const by = { email: ADMIN, password: PASSWORD };
  await actOnPage({ boss: await arrive(), by, own: demo.client(), scheme: 'DPoP' });
});

it('is never white: before its script, before the first answer, and after a mistake of its own', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const { url } = demo;
  await page.route('**/assets/main-*.js', (route) => route.abort());
  await page.goto(url);
  await page.getByText('If this stays, load the page again.').waitFor();
  await page.unroute('**/assets/main-*.js');
  let answer = (): void => undefined;
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/auth/me', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(url);
  await page.getByRole('status').getByText('One moment…').waitFor();
  answer();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.route('**/auth/sessions', (route) => route.fulfill({ json: [{ id: 'no times' }] }));
  const { email, password } = await someone();
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'This page made a mistake' }).waitFor();
  await context.close();
});
