import { expect, it } from '@jest/globals';
import { lookAt } from './support/accessibility.js';
import { accountDemo, ADMIN } from './support/account-demo.js';
import { actOnPage } from './support/acting-page.js';
import { PASSWORD, register } from './support/stage.js';
import { virtualAuthenticator } from './support/virtual-authenticator.js';
import {
  addAuthenticator,
  answerStep,
  button,
  heading,
  isIn,
  keptCodes,
  open,
  password,
  proofDialog,
  setPassword,
  signOut,
  age,
  addPasskey,
  askForLink,
  removeLast,
} from './support/account-page.js';

const NEXT_PASSWORD = 'another river at dusk';
const { arrive, atAccount, browser, demo, newcomer, pool } = accountDemo();

// T-rbkb
it('a forgotten password: a link, a new password, and the link works once', async () => {
  const [person, me] = await newcomer();
  const { page } = me;
  await askForLink(me, 'Forgot your password?', person.email);
  await lookAt(page, 'forgot');
  await page.getByRole('link', { name: 'open the mailbox' }).click();
  await lookAt(page, 'mailbox');
  await open(me, person.email, 'Set a new password');
  expect(page.url()).not.toContain('password_reset');
  await setPassword(me, 'password123');
  expect(await me.wrongAt('New password')).toMatch(/^This is one of the most used passwords/);
  await lookAt(page, 'reset');
  await setPassword(me, NEXT_PASSWORD);
  await page.getByText('Your new password is set.').waitFor();

  await page.getByRole('link', { name: 'mailbox' }).click();
  await open(me, person.email, 'Set a new password');
  await setPassword(me, NEXT_PASSWORD);
  await page.getByText('This link does not work any more').waitFor();
  await button(me, 'Not now').click();
  await me.signIn({ ...person, password: NEXT_PASSWORD });
});

// T-tdjd
it('a link that signs in, after the person agreed', async () => {
  const [person, me] = await newcomer();
  const { page } = me;
  await askForLink(me, 'Sign in by mail', person.email);
  await page.getByRole('link', { name: 'open the mailbox' }).click();
  await open(me, person.email, 'Sign in without a password');
  await heading(me, 'Sign in without a password').waitFor();
  expect(await me.context.cookies()).toEqual([]);
  await button(me, 'Sign in').click();
  await heading(me, 'Sessions').waitFor();
  await page.getByText(person.email).first().waitFor();
});

// T-djxk
it('an email is verified, and changed, by the links that its owner gets', async () => {
  const [person, me] = await atAccount();
  const { page } = me;
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
  const [person, me] = await atAccount();
  const { page } = me;
  await age(me, person, pool());
  const { codeIn, recovery } = await addAuthenticator(me);
  expect(recovery).toHaveLength(10);
  await page.getByText('Authenticator app “phone”').waitFor();
  await lookAt(page, 'account');

  await signOut(me);
  await password(me, person);
  await heading(me, 'One more step').waitFor();
  await answerStep(me, 'Code of your authenticator app', '000000');
  expect(await me.wrongAt('Code of your authenticator app')).toMatch(/^That is not right/);
  await lookAt(page, 'second-step');
  await answerStep(me, 'Code of your authenticator app', codeIn(0));
  await isIn(me);

  await me.go('Account');
  await age(me, person, pool());
  await button(me, 'New recovery codes').click();
  const proof = proofDialog(me);
  await proof.getByLabel('Your password', { exact: true }).fill(PASSWORD);
  await proof.getByLabel('Code of your authenticator app').fill(codeIn(1));
  await proof.getByRole('button', { name: 'Confirm', exact: true }).click();
  const renewed = await keptCodes(me);

  await signOut(me);
  await password(me, person);
  await button(me, 'Use a recovery code').click();
  await answerStep(me, 'Recovery code', recovery[0] ?? '');
  expect(await me.wrongAt('Recovery code')).toMatch(/^That is not right/);
  await answerStep(me, 'Recovery code', renewed[0] ?? '');
  await isIn(me);
  await me.go('Account');
  await removeLast(me, /^Remove Authenticator app “phone”/);
});

// T-pcq6
it('a passkey: added, used to sign in without a name, as a second step and as a proof', async () => {
  const [person, me] = await newcomer();
  const { page } = me;
  // the authenticator answers at once: what is offered in the field of the email would sign in before a button is
  // pressed
  await page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
  });
  await page.reload();
  await virtualAuthenticator(me);
  await me.signIn(person);
  await me.go('Account');
  await addPasskey(me, 'laptop');
  await page.getByText('Passkey “laptop”').waitFor();
  // from the first factor on a proof includes one
  await addPasskey(me, 'laptop');
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
  const [person, me] = await newcomer();
  await virtualAuthenticator(me);
  await me.signIn(person);
  await me.go('Account');
  await addPasskey(me);
  await me.page.getByRole('button', { name: /^Remove Passkey/ }).waitFor();
  // the page is live until it is signed out
  const signedIn = me.page.waitForResponse(/\/auth\/passkeys\/login$/);
  await button(me, 'Sign out').click();
  // the authenticator answers at once, and nothing was clicked
  await signedIn;
  await isIn(me);
  await removeLast(me, /^Remove Passkey/);
  await button(me, 'Sign out').click();
  await me.page.getByText('That passkey is not known here.').waitFor();
});

const PROVIDER = '/example-provider/.well-known/openid-configuration';

it('sign-in elsewhere: a new account, unlinked and linked again', async () => {
  const email = `elsewhere-${String(Date.now())}@example.com`;
  // the demo loads its provider at the first request, on a busy machine for longer than a sign-in waits
  expect((await demo().client().get(PROVIDER)).status).toBe(200);
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
  // this page is live until the next one is there
  const loaded = me.page.waitForEvent('load');
  await button(me, 'Link Example').click();
  await loaded;
  await isIn(me);
  await me.go('Account');
  await button(me, 'Unlink Example').waitFor();
  await lookAt(me.page, 'elsewhere');

  // the provider tells the demo (OpenID Connect Back-Channel Logout 1.0)
  const there = await me.context.newPage();
  await there.goto(`${demo().url}/example-provider/session/end`);
  await there.getByRole('button', { name: 'Yes, sign me out' }).click();
  await heading(me, 'Sign in').waitFor();
});

it('sign-in elsewhere is refused there, and the provider answers this machine alone', async () => {
  const me = await arrive();
  await button(me, 'Sign in with Example').click();
  await button(me, 'Do not sign in').click();
  await heading(me, 'That did not sign you in').waitFor();
  expect(await me.context.cookies()).not.toContainEqual(
    expect.objectContaining({ name: 'access_token' }),
  );
  const statusFor = async (headers: Record<string, string>, path = PROVIDER) =>
    (await demo().client().get(path, { headers })).status;
  expect([
    await statusFor({}),
    await statusFor({ host: 'evil.example' }),
    await statusFor({ 'x-forwarded-for': '127.0.0.1' }),
    await statusFor({}, '/example-provider/sign-in/of-another-browser'),
  ]).toEqual([200, 404, 404, 400]);
});

it('an API key: created, shown once, used, and deleted', async () => {
  const [person, me] = await atAccount();
  const { page } = me;
  await page.getByLabel('What the key is for').fill('deploy');
  await button(me, 'Make a key').click();
  const dialog = page.getByRole('dialog', { name: 'Your new key' });
  const key = await dialog.locator('.secret').innerText();
  await lookAt(page, 'api-key');
  await button(me, 'I have kept it').click();
  const headers = { authorization: `Bearer ${key}` };
  expect((await demo().client().get('/me', { headers })).json()).toMatchObject({ id: person.id });
  await page.reload();
  await page.getByText('never used').or(page.getByText('last used')).first().waitFor();
  expect(await page.content()).not.toContain(key);
  await lookAt(page, 'api-keys');
  await page.getByRole('button', { name: /^Delete the key deploy/ }).click();
  await page.getByText('None yet.', { exact: true }).waitFor();
  expect((await demo().client().get('/me', { headers })).status).toBe(401);
});

it('an admin acts as a user where every session without cookies needs a key', async () => {
  await actOnPage({ boss: await arrive(), by: ADMIN, own: demo().client(), scheme: 'DPoP' });
});

it('is never blank: before its script runs, before the first answer, and after an error', async () => {
  const context = await browser().newContext();
  const page = await context.newPage();
  await page.route('**/assets/main-*.js', (route) => route.abort());
  await page.goto(demo().url);
  await page.getByText('If this stays, load the page again.').waitFor();
  await page.unroute('**/assets/main-*.js');
  let answer = (): void => undefined;
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/auth/me', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(demo().url);
  await page.getByRole('status').getByText('One moment…').waitFor();
  answer();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.route('**/auth/sessions', (route) => route.fulfill({ json: [{ id: 'no times' }] }));
  await page.getByLabel('Email').fill((await register(demo().client())).email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'This page made a mistake' }).waitFor();
  await context.close();
});
