import { describe, expect, it } from '@jest/globals';
import type { Principal } from '../../common/principal.js';
import type { RevocableToken } from '../../storage/ledger-entry.js';
import type { SessionStore } from '../../storage/session-store.port.js';
import type { UserDirectory } from '../../storage/user-directory.port.js';
import type { RevocationChecker, Verdict } from '../revocation/revocation-checker.service.js';
import { LegacyCheck } from './legacy-check.service.js';
import { formerLegacyTokenId } from './legacy-tokens.js';

const old: Principal = {
  kind: 'user',
  id: '42',
  sessionId: 's',
  tokenId: 'legacy-new',
  keyId: 'legacy:shop',
  legacy: 'shop',
  tokenVersion: 0,
  permissions: [],
  issuedAt: 1,
  expiresAt: 2,
  claims: {},
};

interface Stores {
  /** The user of the directory. Default: the id of the token. */
  readonly account?: { readonly id: string; readonly disabled?: boolean } | null;
  readonly former?: Verdict;
  readonly revoked?: boolean;
  readonly tokenVersion?: number;
  readonly epoch?: number;
}
function check({
  account = { id: '42' },
  former = 'live',
  revoked = false,
  tokenVersion = 1,
  epoch = 1,
}: Stores) {
  const asked: RevocableToken[] = [];
  const checker = { check: (token: RevocableToken) => (asked.push(token), former) };
  const users = { findById: () => Promise.resolve(account ? { account } : undefined) };
  const sessions = {
    readAuthority: (token: RevocableToken) => {
      asked.push(token);
      return Promise.resolve({ revoked, subject: { tokenVersion, epoch } });
    },
  };
  const made = new LegacyCheck(
    checker as unknown as RevocationChecker,
    users as unknown as UserDirectory,
    sessions as unknown as SessionStore,
  );
  return { made, asked };
}

describe('an old token', () => {
  it('is confirmed for a user of whom nothing was ever revoked', async () => {
    const { made, asked } = check({});
    const confirmed = await made.confirm(old, 'the text');
    expect(confirmed).toEqual({ kind: 'confirmed', principal: old });
    expect(confirmed.principal).toBe(old);
    const named = {
      subject: '42',
      sessionId: 's',
      keyId: 'legacy:shop',
      issuedAt: 1,
      tokenVersion: 0,
    };
    expect(asked).toMatchObject([
      { ...named, tokenId: formerLegacyTokenId('the text') },
      { ...named, tokenId: 'legacy-new' },
    ]);
  });

  it('without its text is asked for by its id alone', async () => {
    const { made, asked } = check({});
    await made.confirm(old, undefined);
    expect(asked.map(({ tokenId }) => tokenId)).toEqual(['legacy-new', 'legacy-new']);
  });

  it('goes by the directory’s own id of its user', async () => {
    const { made, asked } = check({ account: { id: 'forty-two' } });
    const confirmed = await made.confirm(old, undefined);
    expect(confirmed).toEqual({ kind: 'confirmed', principal: { ...old, id: 'forty-two' } });
    expect(Object.isFrozen(confirmed.principal)).toBe(true);
    expect(asked.map(({ subject }) => subject)).toEqual(['forty-two', 'forty-two']);
  });

  const gone = 'an old token whose user is disabled or gone';
  const ended = 'an old token that was revoked, or whose user was';
  it.each<[string, Stores, string]>([
    ['its user is gone', { account: null }, gone],
    ['its user is disabled', { account: { id: '42', disabled: true } }, gone],
    ['it was revoked under its former id', { former: 'revoked' }, ended],
    ['it was revoked under its id', { revoked: true }, ended],
    ['anything of its user was revoked', { tokenVersion: 2 }, ended],
    ['its user signed out the other sessions', { epoch: 2 }, ended],
  ])('is refused if %s', async (_, stores, reason) => {
    const { made } = check(stores);
    expect(await made.confirm(old, 'the text')).toEqual({
      kind: 'refused',
      reason,
      principal: old,
    });
  });
});
