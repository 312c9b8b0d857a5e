import { describe, expect, it } from '@jest/globals';
import { violationsIn } from './checker.js';
import type { Entry, Operation } from './history.js';

const BOUND = { boundMs: 1000 };
const op = (
  kind: Operation['kind'],
  sentMs: number,
  changes: Partial<Operation> = {},
): Operation => ({
  kind,
  at: 'a',
  session: 's',
  sentMs,
  answeredMs: sentMs + 10,
  status: kind === 'logout' ? 204 : 200,
  ...changes,
});
const login = op('login', 0, { given: 't1' });
const refresh = (
  sentMs: number,
  presented: string,
  given: string | undefined,
  more: Partial<Operation> = {},
) => op('refresh', sentMs, { presented, given, key: `key of ${presented}`, ...more });
const theft = (sentMs: number) => refresh(sentMs, 't1', undefined, { key: 'k', status: 401 });
const rulesIn = (...history: Entry[]) => violationsIn(history, BOUND).map(({ rule }) => rule);

describe('the checker of histories', () => {
  it.each<[string, Entry[]]>([
    ['an acceptance within the bound', [login, op('logout', 100), op('use', 1100, { at: 'b' })]],
    [
      'an acceptance that was sent before the answer to the revocation',
      [login, op('logout', 100), op('use', 105)],
    ],
    [
      'one after a revocation that failed',
      [login, op('logout', 100, { status: 503 }), op('use', 9000)],
    ],
    ['a chain of refreshes', [login, refresh(100, 't1', 't2'), refresh(200, 't2', 't3')]],
    [
      'the same successor again by the same key, after an answer was lost',
      [
        login,
        refresh(100, 't1', undefined, { status: 0 }),
        refresh(200, 't1', 't2'),
        refresh(300, 't1', 't2'),
      ],
    ],
    [
      'a refusal after two uses by different keys',
      [
        login,
        refresh(100, 't1', 't2'),
        refresh(101, 't1', undefined, { key: 'k', status: 401 }),
        op('use', 200, { status: 401 }),
      ],
    ],
    [
      'a refusal after a revocation without an answer',
      [login, op('logout', 100, { status: 0 }), op('use', 200, { status: 401 })],
    ],
    [
      'a refusal that crossed the revocation',
      [login, op('use', 95, { status: 401, answeredMs: 120 }), op('logout', 100)],
    ],
    [
      '503 and no answer while a server is gone',
      [login, op('use', 10, { status: 503 }), op('use', 20, { status: 0 })],
    ],
    [
      'an acceptance within the bound after a theft was refused',
      [login, refresh(100, 't1', 't2'), theft(200), op('use', 1_210)],
    ],
    [
      'another session that goes on',
      [login, op('logout', 100), op('use', 5000, { session: 'other' })],
    ],
    ['what was done to the cluster', [{ kind: 'trouble', name: 'killed', fromMs: 0, toMs: 1 }]],
  ])('finds nothing in %s', (_, history) => {
    expect(rulesIn(...history)).toEqual([]);
  });

  it.each<[string, Entry[], string]>([
    [
      'an acceptance elsewhere after the bound',
      [login, op('logout', 100), op('use', 1111, { at: 'b' })],
      'accepted too late',
    ],
    [
      'an acceptance by the process that revoked',
      [login, op('logout', 100), op('use', 111)],
      'accepted too late',
    ],
    [
      'a refresh after the bound',
      [login, op('logout', 100), refresh(1200, 't1', 't2', { at: 'b' })],
      'accepted too late',
    ],
    [
      'an acceptance after a theft was refused',
      [login, refresh(100, 't1', 't2'), theft(200), op('use', 1_211, { at: 'b' })],
      'accepted too late',
    ],
    [
      'the second of two revocations',
      [login, op('logout', 100, { status: 0 }), op('logout', 200), op('use', 300)],
      'accepted too late',
    ],
    [
      'two successors of one token',
      [login, refresh(100, 't1', 't2'), refresh(100, 't1', 't3', { key: 'k' })],
      'two successors',
    ],
    [
      'one successor of two tokens',
      [login, refresh(100, 't1', 't2'), refresh(200, 't0', 't2')],
      'two successors',
    ],
    ['a new session that is refused', [login, op('use', 100, { status: 401 })], 'lost'],
    [
      'a retry by the same key that is refused',
      [
        login,
        refresh(100, 't1', undefined, { status: 0 }),
        refresh(200, 't1', undefined, { status: 401 }),
      ],
      'lost',
    ],
    [
      'a refusal before the revocation was sent',
      [login, op('use', 50, { status: 401 }), op('logout', 100)],
      'lost',
    ],
    ['a server error', [login, op('use', 50, { status: 500 })], 'odd answer'],
  ])('finds %s', (_, history, rule) => {
    expect(rulesIn(...history)).toEqual([rule]);
  });

  it('names the session and the requests', () => {
    const [found] = violationsIn([login, op('logout', 100), op('use', 300)], BOUND);
    expect(found).toEqual({
      rule: 'accepted too late',
      session: 's',
      text: 'use at a, sent 300, answered 310 with 200, 190 ms after logout at a, sent 100, answered 110 with 204',
    });
  });
});
