import { describe, expect, it } from '@jest/globals';
import { privateKey, read, SOUND } from './refused-options.fixture.js';

describe('an instance of a class', () => {
  class Config {
    readonly issuer = SOUND.issuer;
    readonly audience = ['api'];
    readonly storage = SOUND.storage;
    readonly #key = privateKey;
    // constructor arguments, and private state
    constructor(private readonly environment: Readonly<Record<string, string>> = { TTL: '5m' }) {}
    get keys() {
      return { algorithm: 'ES256', privateKey: this.#key };
    }
    get accessToken() {
      return { ttl: this.environment['TTL'] };
    }
    createAuthOptions() {
      return this;
    }
  }

  it('is read through its getters, and may have private state', () => {
    expect(read(new Config()).accessToken.ttl).toBe(300);
  });

  it.each([
    ['a member', { acessToken: {} }, 'acessToken'],
    [
      'a getter',
      {
        get revocations() {
          return {};
        },
      },
      'revocations',
    ],
    ['one that stands elsewhere', { routes: false }, 'routes'],
  ])('%s that is nearly an option is refused', (_kind, more, name) => {
    class Slipped {
      readonly issuer = SOUND.issuer;
    }
    const slipped = new Slipped();
    const getters = Object.getOwnPropertyDescriptors(more);
    const target = name === 'revocations' ? Slipped.prototype : slipped;
    Object.defineProperties(target, getters);
    expect(() => read(slipped)).toThrow(`${name}: is not an option`);
  });
});
