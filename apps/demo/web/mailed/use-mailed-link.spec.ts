import { expect, it } from '@jest/globals';
import { mailedLinkIn } from './use-mailed-link.js';

it.each([
  ['#password_reset=aZ09-_', { kind: 'password_reset', value: 'aZ09-_' }],
  ['#ticket=t.1', { kind: 'ticket', value: 't.1' }],
  ['#sessions', undefined],
  ['#constructor=x', undefined],
  ['#magic_link=', undefined],
  ['#magic_link=<b>', undefined],
])('%s', (hash, link) => {
  expect(mailedLinkIn(hash)).toEqual(link);
});
