import { randomBytes } from 'node:crypto';
import { describe } from '@jest/globals';
import fc from 'fast-check';
import { fuzz, must, mutantsOf, staysLinear } from '../../../../../test/support/fuzz.js';
import { SystemEntropy } from '../../common/entropy.js';
import { Secret } from '../../common/secret.js';
import { DeviceIds } from './device-id.js';

const secrets = [new Secret(randomBytes(32)), new Secret(randomBytes(32))];
const devices = new DeviceIds(() => secrets, new SystemEntropy());
const good = devices.mint('user-1', 7);
const isKnown = (device: string, userId = 'user-1', epoch = 7): boolean =>
  devices.knownId(device, userId, epoch) !== undefined;

describe('device ids, fuzzed', () => {
  fuzz('no changed id is known', {
    inputs: mutantsOf([good], 'ABab01-_.=+/ \n\u0100'),
    check: (device) => {
      must(isKnown(device) === (device === good), 'taken for ours');
    },
  });

  fuzz('an id is known to its own user and epoch alone', {
    inputs: fc.tuple(fc.string(), fc.nat()),
    check: ([userId, epoch]) => {
      must(
        isKnown(good, userId, epoch) === (userId === 'user-1' && epoch === 7),
        'known to another',
      );
    },
  });

  staysLinear('a device id', ['A', '=', '\u0100'], (text) => isKnown(text));
});
