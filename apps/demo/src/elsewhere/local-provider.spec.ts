import { afterEach, describe, expect, it } from '@jest/globals';
import { readConfig } from '../config/index.js';
import { localProvider } from './local-provider.js';

describe('the local provider', () => {
  const { NODE_ENV: environment } = process.env;
  afterEach(() => {
    process.env['NODE_ENV'] = environment;
  });

  it.each([
    ['as the demo starts', {}, 'http://127.0.0.1:3000'],
    ['on every address of the machine', { HOST: '0.0.0.0', PORT: '4000' }, 'http://localhost:4000'],
  ])('is there %s, without a word of configuration', (_, variables, address) => {
    const { providers } = localProvider(readConfig(variables)) ?? {};
    expect(providers).toEqual({
      example: { issuer: `${address}/example-provider`, clientId: 'tokenward-demo' },
    });
  });

  it.each([
    [
      'with providers of one’s own',
      { OIDC_PROVIDERS: '[{"name":"a","issuer":"https://a","clientId":"c"}]' },
    ],
    ['with none', { OIDC_PROVIDERS: '[]' }],
    ['at an address of other machines', { HOST: '192.0.2.1' }],
    ['at an address that no policy can name', { HOST: '::1' }],
    ['while the port is not known', { PORT: '0' }],
  ])('is not there %s', (_, variables) => {
    expect(localProvider(readConfig(variables))).toBeUndefined();
  });

  it('is not there in production', () => {
    process.env['NODE_ENV'] = 'production';
    expect(localProvider(readConfig({}))).toBeUndefined();
  });
});
