import { describe } from '@jest/globals';
import fc from 'fast-check';
import { fuzz, mutantsOf, must, staysLinear, textOf } from '../../../../test/support/fuzz.js';
import { LEDGER_KINDS, type LedgerEntry } from '../storage/ledger-entry.js';
import { fromFeedRow, lookupFields, parseBeat, toFeedRow, verdictOf } from './feed-encoding.js';

const FIELDS = [
  't:',
  's:',
  'u:',
  'k:',
  'v:',
  'a:',
  '#head',
  '#id',
  ':',
  'x',
  'u',
  '\u0000',
  '__proto__',
];
const VALUES = [
  '0',
  '1',
  '7',
  '1795277237342',
  '99999999999999999999',
  ':',
  '-',
  '.5',
  'e9',
  '0x1',
  ' ',
  'Infinity',
  'NaN',
  '\n',
];
const BEAT =
  '{"version":1,"id":"0f49","prev":"e37e","before":["9470"],"position":{"ledger":"6ac1","timeline":1,"snapshot":"22721:22730:22722,22725"},"kind":"whole"}';
const token = {
  tokenId: 'j',
  sessionId: 's',
  subject: 'u',
  tokenVersion: 3,
  keyId: 'k',
  issuedAt: 1_800_000_000,
};

const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const entries: fc.Arbitrary<LedgerEntry> = fc
  .record({
    kind: fc.constantFrom(...LEDGER_KINDS),
    id: fc.string(),
    value: fc.nat(),
    expiresAt: fc.maxSafeNat(),
  })
  .map((entry) => (entry.kind === 'all' ? { ...entry, id: '' } : entry));

describe('feed entries, fuzzed', () => {
  fuzz('what was written is read back', {
    inputs: entries,
    check: (entry) => {
      const { field, value, expiresAt } = toFeedRow(entry);
      const read = fromFeedRow(field, `${String(value)}:${String(expiresAt)}`);
      must(JSON.stringify(read) === JSON.stringify(entry), `${JSON.stringify(read)} came back`);
    },
  });

  fuzz('a row is an entry of whole numbers, or none', {
    inputs: fc.tuple(textOf(FIELDS, 4), textOf(VALUES, 6)),
    check: ([field, text]) => {
      const entry = fromFeedRow(field, text);
      if (!entry) return;
      must(/^\d+:\d+$/.test(text), 'it takes what no script writes');
      const numbers = Object.values(entry).filter((value) => typeof value === 'number');
      must(numbers.length > 0 && numbers.every(isWhole), 'a malformed number');
    },
  });

  fuzz('an answer that cannot be read refuses', {
    inputs: fc.array(fc.option(textOf(VALUES, 4)), { minLength: 6, maxLength: 6 }),
    check: (answers) => {
      // in the order of LEDGER_KINDS
      const [tokenId, session, key, user, sessionVersion, all] = answers;
      const silent = verdictOf(token, answers) === 'silent';
      if (!silent) return;
      must(
        [tokenId, session, key].every((each) => each === null),
        'a yes was not heard',
      );
      for (const [text, most] of [
        [user, token.tokenVersion],
        [all, token.issuedAt],
        [sessionVersion, token.tokenVersion],
      ] as const)
        must(
          text === null ||
            text === undefined ||
            Number(/^(\d+):\d+$/.exec(text)?.[1] ?? Infinity) <= most,
          'taken for a no',
        );
    },
  });

  fuzz('a heartbeat has all its members, or is refused', {
    inputs: fc.oneof(
      mutantsOf([BEAT], '{}[]":,0129abx\\u-. '),
      textOf([
        '{',
        '}',
        '"id":',
        '"a"',
        ',',
        '"before":',
        '[',
        ']',
        '"kind":"part"',
        '"version":',
        '1',
        'null',
      ]),
    ),
    check: (text) => {
      const beat = parseBeat(text);
      if (!beat) return;
      const { position } = beat;
      must(
        typeof beat.id === 'string' && beat.id !== '' && typeof beat.prev === 'string',
        'no link',
      );
      must(
        isWhole(beat.version) && beat.before.every((each) => typeof each === 'string'),
        'no chain',
      );
      must(beat.nowMs === undefined || isWhole(beat.nowMs), 'no time');
      must(
        beat.kind === 'part' || (beat.kind === 'whole' && position !== undefined),
        'no position',
      );
      must(
        !position ||
          (typeof position.ledger === 'string' &&
            isWhole(position.timeline) &&
            /^\d+:\d+:[\d,]*$/.test(position.snapshot)),
        'no snapshot',
      );
    },
  });

  fuzz('a lookup asks for six fields of the token', {
    inputs: fc.record({
      tokenId: fc.string(),
      sessionId: fc.string(),
      subject: fc.string(),
      keyId: fc.string(),
    }),
    check: (ids) => {
      const fields = lookupFields({ ...token, ...ids });
      must(
        fields.length === 6 &&
          new Set(fields).size === 6 &&
          !fields.some((each) => each.startsWith('#')),
        'one hides another',
      );
    },
  });

  staysLinear('a row', VALUES, (text) => fromFeedRow('u:x', text));
  staysLinear('a heartbeat', ['{', '[', '"a",', '\\'], parseBeat);
});
