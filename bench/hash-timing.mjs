// How long is a refusal of each form of stored hash, beside one of today's and beside an account that does not exist?
// One process, PasswordHasher of the built library, forms at the costs that their frameworks write today. Every round
// asks each case once, in a random order.
//   npm run bench:hashes [-- rounds]     exits 1 when, after each form was seen once, an unknown account ÷ a form is outside 0.9–1.1
import { pbkdf2Sync, randomBytes, randomInt, scryptSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import argon2 from '@node-rs/argon2';
import bcrypt from '@node-rs/bcrypt';
import { countOf } from '../tools/arguments.mjs';

const DIST = new URL('../dist/libs/auth/src/', import.meta.url);
const ROUNDS = countOf(30);
const TARGET = [0.9, 1.1];
const PASSWORD = 'correct horse';

if (!existsSync(new URL('issue/users/password-hasher.service.js', DIST))) {
  console.error('The library is not built: npm run build');
  process.exit(1);
}
const { PasswordHasher } = await import(
  new URL('issue/users/password-hasher.service.js', DIST).href
);
const { SystemClock } = await import(new URL('common/clock.js', DIST).href);
const { SystemEntropy } = await import(new URL('common/entropy.js', DIST).href);

const scrypt = (N, p, salt) => scryptSync(PASSWORD, salt, 64, { N, r: 8, p, maxmem: 2 ** 28 });
const pbkdf2 = (rounds, salt, digest = 'sha256', length = 32) =>
  pbkdf2Sync(PASSWORD, salt, rounds, length, digest);

function aspNet(rounds) {
  const head = Buffer.alloc(13);
  head.writeUInt8(1);
  head.writeUInt32BE(2, 1);
  head.writeUInt32BE(rounds, 5);
  head.writeUInt32BE(16, 9);
  const salt = randomBytes(16);
  return Buffer.concat([head, salt, pbkdf2(rounds, salt, 'sha512')]).toString('base64');
}

const today = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const FORMS = {
  "Argon2id, today's": await argon2.hash(PASSWORD, { ...today, algorithm: 2 }),
  'Argon2id, 64 MiB': await argon2.hash(PASSWORD, {
    memoryCost: 65_536,
    timeCost: 3,
    parallelism: 4,
  }),
  'bcrypt, cost 10': await bcrypt.hash(PASSWORD, 10),
  'bcrypt, cost 12': await bcrypt.hash(PASSWORD, 12),
  'Werkzeug scrypt': `scrypt:32768:8:1$salt$${scrypt(32_768, 1, 'salt').toString('hex')}`,
  'Django scrypt': `scrypt$16384$salt$8$5$${scrypt(16_384, 5, 'salt').toString('base64')}`,
  'Django pbkdf2 (1,000,000)': `pbkdf2_sha256$1000000$salt$${pbkdf2(1_000_000, 'salt').toString('base64')}`,
  'ASP.NET Identity v3 (100,000)': aspNet(100_000),
};

const hasher = () =>
  new PasswordHasher(
    {
      passwords: {
        ...today,
        maxBytes: 1024,
        concurrency: 1,
        maxQueue: 10,
        storedHashes: [],
        storedHashLimitMs: 60_000,
      },
    },
    new SystemEntropy(),
    new SystemClock(),
  );

async function took(work) {
  const since = performance.now();
  const outcome = await work();
  return { outcome, ms: performance.now() - since };
}

const alone = Object.fromEntries(
  Object.keys(FORMS).map((name) => [name, { right: [], wrong: [], unknown: [] }]),
);
for (const [name, hash] of Object.entries(FORMS)) {
  const { outcome } = await took(() => hasher().verify(PASSWORD, hash));
  if (outcome.kind !== 'match') throw new Error(`${name}: the right password does not match`);
}
// each form in a table of its own, beside accounts that do not exist
const tables = Object.fromEntries(Object.keys(FORMS).map((name) => [name, hasher()]));
for (const [name, table] of Object.entries(tables)) {
  await table.onModuleInit();
  await table.verify(PASSWORD, FORMS[name]);
}
const mixed = hasher();
await mixed.onModuleInit();
for (const hash of Object.values(FORMS)) await mixed.verify(PASSWORD, hash);
const all = {
  ...Object.fromEntries(Object.keys(FORMS).map((name) => [name, []])),
  'unknown account': [],
};

for (let round = 0; round < ROUNDS; round++) {
  for (const name of shuffled(Object.keys(FORMS))) {
    const table = tables[name];
    alone[name].right.push((await took(() => table.verify(PASSWORD, FORMS[name]))).ms);
    alone[name].wrong.push((await took(() => table.verify(`${round}`, FORMS[name]))).ms);
    alone[name].unknown.push((await took(() => table.verifyNothing(`${round}`))).ms);
  }
  for (const name of shuffled(Object.keys(all)))
    all[name].push(
      (
        await took(() =>
          FORMS[name] ? mixed.verify(`${round}`, FORMS[name]) : mixed.verifyNothing(`${round}`),
        )
      ).ms,
    );
}

const base = median(alone["Argon2id, today's"].right);
let isWithin = true;
console.log(`${ROUNDS} rounds, interleaved, medians in milliseconds, Node ${process.version}\n`);
console.log('| form | right | ÷ Argon2id | wrong | unknown | unknown ÷ wrong | all forms |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const [name, { right, wrong, unknown }] of Object.entries(alone)) {
  const ratio = median(unknown) / median(wrong);
  isWithin &&= ratio >= TARGET[0] && ratio <= TARGET[1];
  const cells = [
    median(right),
    median(right) / base,
    median(wrong),
    median(unknown),
    ratio,
    median(all[name]),
  ];
  console.log(`| ${name} | ${cells.map((cell) => cell.toFixed(2)).join(' | ')} |`);
}
console.log(`| unknown account | | | | | | ${median(all['unknown account']).toFixed(2)} |`);
console.log(`\nunknown ÷ wrong: ${isWithin ? 'within' : 'OUTSIDE'} ${TARGET.join('–')}`);
process.exitCode = isWithin ? 0 : 1;

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function shuffled(names) {
  for (let last = names.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [names[last], names[other]] = [names[other], names[last]];
  }
  return names;
}
