import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { AuthError } from '../../common/auth-error.js';
import type { UserDirectory } from '../../storage/user-directory.port.js';
import { casesFor, type ConformanceCase } from './conformance-case.js';

export interface ConformanceUser {
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly role: string;
  readonly permissions: readonly string[];
}

export interface UserDirectorySubject {
  readonly users: UserDirectory;
  /** Adds a user that the directory can find; resolves with its id. */
  readonly add: (user: ConformanceUser) => Promise<string>;
  /** An id of the right form that no user has. */
  readonly unknownId: () => string;
  /** Fields that its users do not have and `add` leaves out. Default: each field is found as given, or not at all. */
  readonly lacks?: readonly ('name' | 'permissions')[];
}

const sample = (): ConformanceUser => ({
  email: `${randomUUID()}@example.com`,
  name: 'Ann Example',
  passwordHash: `$argon2id$${randomUUID()}`,
  role: 'member',
  permissions: ['notes:read'],
});

const CASES: Readonly<Record<string, (subject: UserDirectorySubject) => Promise<void>>> = {
  'finds the same user by email and by id, with what a login check needs': async (it) => {
    const given = sample();
    const id = await it.add(given);
    const found = await it.users.findByEmail(given.email);
    const { email, role, permissions, passwordHash, name } = given;
    assert.ok(found, 'nobody is found');
    const { name: itsName, permissions: its, ...account } = found.account;
    assert.deepEqual(account, { id, email, role, disabled: false });
    assert.ok(fits(it, 'name', itsName, name, undefined), `name is ${String(itsName)}`);
    assert.ok(fits(it, 'permissions', its, [...permissions], []), `permissions are ${its.join()}`);
    assert.equal(found.passwordHash, passwordHash);
    assert.deepEqual(await it.users.findById(id), found);
  },

  'does not find other users': async (it) => {
    assert.equal(await it.users.findByEmail(`${randomUUID()}@example.com`), undefined);
    assert.equal(await it.users.findById(it.unknownId()), undefined);
  },

  'finds no user for an id of another form': async (it) => {
    await it.add(sample());
    for (const junk of ['', 'x', '-1', randomUUID(), '9'.repeat(40), '1 or true', '%', '\u0000'])
      assert.equal(await it.users.findById(junk), undefined, JSON.stringify(junk));
  },

  'does not treat characters of an email as a pattern': async (it) => {
    const { email, ...rest } = sample();
    const id = await it.add({ email: `annXlee${email}`, ...rest });
    for (const pattern of [
      `ann_lee${email}`,
      `ann%${email}`,
      '%',
      `ann\\xlee${email}`,
      `annxlee${email}%`,
    ])
      assert.equal(await it.users.findByEmail(pattern), undefined, pattern);
    assert.equal((await it.users.findByEmail(`annxlee${email}`))?.account.id, id);
  },

  'compares emails in lower case, whatever is stored': async (it) => {
    const { email, ...rest } = sample();
    const id = await it.add({ email: `Ann.${email.toUpperCase()}`, ...rest });
    assert.equal((await it.users.findByEmail(`ann.${email}`))?.account.id, id);
  },

  'does not choose between two users with the same email': async (it) => {
    const { email, ...rest } = sample();
    const ids = [
      await it.add({ email, ...rest }),
      await it.add({ email: email.toUpperCase(), ...rest }),
    ];
    const refused = await it.users.findByEmail(email).catch((error: unknown) => error);
    assert.ok(refused instanceof AuthError);
    assert.equal(refused.reason, 'user_ambiguous');
    assert.deepEqual([...(refused.extra.userIds ?? [])].sort(), ids.sort());
    const created = it.users.create?.({ email, passwordHash: rest.passwordHash });
    if (created) await assert.rejects(created, { reason: 'user_ambiguous' });
  },

  'creates no user beside a user with the same email in capitals': async (it) => {
    if (!it.users.create) return;
    const { email, ...rest } = sample();
    await it.add({ email: email.toUpperCase(), ...rest });
    assert.deepEqual(await it.users.create({ email, passwordHash: rest.passwordHash }), {
      kind: 'taken',
    });
  },

  'returns the stored form of a user’s id, however the query spelled it': async (it) => {
    const id = await it.add(sample());
    for (const spelled of [
      id.toUpperCase(),
      `{${id}}`,
      ` ${id}`,
      `0${id}`,
      id.replaceAll('-', ''),
    ]) {
      const found = await it.users.findById(spelled);
      assert.equal(found?.account.id ?? id, id);
    }
  },

  'replaces a password hash while it is the expected one': async (it) => {
    const { email, passwordHash, ...rest } = sample();
    const id = await it.add({ email, passwordHash, ...rest });
    assert.equal(await it.users.replacePasswordHash(id, 'another', 'next'), false);
    assert.equal((await it.users.findById(id))?.passwordHash, passwordHash);
    const changes = ['one', 'two'].map((next) =>
      it.users.replacePasswordHash(id, passwordHash, next),
    );
    assert.deepEqual((await Promise.all(changes)).sort(), [false, true]);
    assert.equal(await it.users.replacePasswordHash(it.unknownId(), passwordHash, 'next'), false);
  },

  'creates a user once, where it creates users': async (it) => {
    if (!it.users.create) return;
    const { email, passwordHash } = sample();
    const attempts = await Promise.all(
      Array.from({ length: 3 }, () => it.users.create?.({ email, passwordHash })),
    );
    assert.deepEqual(attempts.map((each) => each?.kind).sort(), ['created', 'taken', 'taken']);
    assert.equal((await it.users.findByEmail(email))?.passwordHash, passwordHash);
  },
};

/** The field of a user, if the directory has it; otherwise `none`. */
function fits(
  { lacks }: UserDirectorySubject,
  what: 'name' | 'permissions',
  found: unknown,
  given: unknown,
  none: unknown,
): boolean {
  const accepted = lacks === undefined ? [given, none] : [lacks.includes(what) ? none : given];
  return accepted.some((each) => isDeepStrictEqual(found, each));
}

/**
 * The requirements on every `UserDirectory`. Its own specs must test that it throws when it is unreachable, rather than
 * saying "no such user".
 */
export function userDirectoryConformance(
  subject: () => UserDirectorySubject | Promise<UserDirectorySubject>,
): readonly ConformanceCase[] {
  return casesFor(CASES, subject);
}
