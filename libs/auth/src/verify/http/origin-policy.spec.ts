import { describe, expect, it } from '@jest/globals';
import type { HttpRequest } from './adapter.js';
import { isUnsafe, judgeOrigin } from './origin-policy.js';

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** A request as Node delivers it: repeated headers are joined, the raw list is complete. */
function request(headers: Headers, connection: 'plain' | 'tls' = 'tls'): HttpRequest {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((each) => [name, each] as const),
  );
  const joined = Object.entries(headers).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : value.join(', '),
  ]);
  return {
    headers: Object.fromEntries(joined) as HttpRequest['headers'],
    rawHeaders: lines.flat(),
    socket: { encrypted: connection === 'tls' },
  };
}

const trusted = new Set(['https://app.example.com', 'capacitor://localhost']);
const direct = { trusted, trustProxy: false };
const proxied = { trusted, trustProxy: true };
const host = 'api.example.com';

describe('the origin rule', () => {
  it.each<[string, HttpRequest, typeof direct, string]>([
    ['own origin', request({ host, origin: 'https://api.example.com' }), direct, 'passes'],
    [
      'own origin with the default port',
      request({ host, origin: 'https://api.example.com:443' }),
      direct,
      'passes',
    ],
    [
      'own host with the default port written',
      request({ host: `${host}:443`, origin: 'https://api.example.com' }),
      direct,
      'passes',
    ],
    [
      'own host with another port',
      request({ host: `${host}:8443`, origin: 'https://api.example.com:8443' }),
      direct,
      'passes',
    ],
    [
      'own host in another case',
      request({ host: 'API.example.COM', origin: 'https://api.example.com' }),
      direct,
      'passes',
    ],
    [
      'own origin over plain http',
      request({ host: 'localhost:3000', origin: 'http://localhost:3000' }, 'plain'),
      direct,
      'passes',
    ],
    [
      'an IPv6 host',
      request({ host: '[::1]:3000', origin: 'http://[::1]:3000' }, 'plain'),
      direct,
      'passes',
    ],
    [
      'own origin that the browser labels cross-site',
      request({ host, origin: 'https://api.example.com', 'sec-fetch-site': 'cross-site' }),
      direct,
      'passes',
    ],
    ['another scheme', request({ host, origin: 'http://api.example.com' }), direct, 'cross_origin'],
    [
      'another port',
      request({ host, origin: 'https://api.example.com:8443' }),
      direct,
      'cross_origin',
    ],
    ['a subdomain', request({ host, origin: 'https://x.api.example.com' }), direct, 'cross_origin'],
    [
      'a name that begins alike',
      request({ host, origin: 'https://api.example.com.evil.test' }),
      direct,
      'cross_origin',
    ],
    [
      'the host as user info',
      request({ host, origin: 'https://api.example.com@evil.test' }),
      direct,
      'cross_origin',
    ],
    [
      'an origin with a path',
      request({ host, origin: 'https://api.example.com/' }),
      direct,
      'cross_origin',
    ],
    [
      'two origins in one header',
      request({ host, origin: 'https://api.example.com, https://evil.test' }),
      direct,
      'cross_origin',
    ],
    [
      'two origins separated by a space',
      request({ host, origin: 'https://api.example.com https://evil.test' }),
      direct,
      'cross_origin',
    ],
    [
      'a host header with a path',
      request({ host: 'evil.test/x', origin: 'https://evil.test' }),
      direct,
      'cross_origin',
    ],
    ['no host header', request({ origin: 'https://api.example.com' }), direct, 'cross_origin'],
    ['a trusted origin', request({ host, origin: 'https://app.example.com' }), direct, 'passes'],
    [
      'a trusted origin that is cross-site',
      request({ host, origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' }),
      direct,
      'passes',
    ],
    [
      'a trusted origin of an app',
      request({ host, origin: 'capacitor://localhost' }),
      direct,
      'passes',
    ],
    ['another app', request({ host, origin: 'ionic://localhost' }), direct, 'cross_origin'],
    ['a foreign origin', request({ host, origin: 'https://evil.test' }), direct, 'cross_origin'],
    ['null', request({ host, origin: 'null' }), direct, 'cross_origin'],
    [
      'null, trusted by mistake',
      request({ host, origin: 'null' }),
      { trusted: new Set(['null']), trustProxy: false },
      'cross_origin',
    ],
    [
      'null, but same-origin',
      request({ host, origin: 'null', 'sec-fetch-site': 'same-origin' }),
      direct,
      'passes',
    ],
    ['an empty origin', request({ host, origin: '' }), direct, 'cross_origin'],
    [
      'repeated own origins',
      request({ host, origin: ['https://api.example.com', 'https://api.example.com'] }),
      direct,
      'cross_origin',
    ],
    [
      'own and foreign',
      request({ host, origin: ['https://api.example.com', 'https://evil.test'] }),
      direct,
      'cross_origin',
    ],
    [
      'repeated, but same-origin',
      request({
        host,
        origin: ['https://a.test', 'https://b.test'],
        'sec-fetch-site': 'same-origin',
      }),
      direct,
      'passes',
    ],
    [
      'foreign origin, same-origin (a proxy renamed the host)',
      request({ host, origin: 'https://www.example.com', 'sec-fetch-site': 'same-origin' }),
      direct,
      'passes',
    ],
    [
      'foreign origin, none',
      request({ host, origin: 'https://evil.test', 'sec-fetch-site': 'none' }),
      direct,
      'passes',
    ],
    ['same-site', request({ host, 'sec-fetch-site': 'same-site' }), direct, 'cross_origin'],
    ['cross-site', request({ host, 'sec-fetch-site': 'cross-site' }), direct, 'cross_origin'],
    ['none', request({ host, 'sec-fetch-site': 'none' }), direct, 'passes'],
    ['same-origin', request({ host, 'sec-fetch-site': 'same-origin' }), direct, 'passes'],
    ['an unknown word', request({ host, 'sec-fetch-site': 'sometimes' }), direct, 'cross_origin'],
    ['an empty word', request({ host, 'sec-fetch-site': '' }), direct, 'cross_origin'],
    ['another case', request({ host, 'sec-fetch-site': 'Same-Origin' }), direct, 'cross_origin'],
    [
      'two words',
      request({ host, 'sec-fetch-site': ['same-origin', 'cross-site'] }),
      direct,
      'cross_origin',
    ],
    ['neither header: no browser', request({ host }), direct, 'passes'],
    [
      'forwarded proto without trust',
      request({ host, origin: 'https://api.example.com', 'x-forwarded-proto': 'https' }, 'plain'),
      direct,
      'cross_origin',
    ],
    [
      'forwarded proto with trust',
      request({ host, origin: 'https://api.example.com', 'x-forwarded-proto': 'https' }, 'plain'),
      proxied,
      'passes',
    ],
    [
      'forwarded host without trust',
      request({ host, origin: 'https://evil.test', 'x-forwarded-host': 'evil.test' }),
      direct,
      'cross_origin',
    ],
    [
      'forwarded host with trust',
      request(
        {
          host: 'inner:8080',
          origin: 'https://www.example.com',
          'x-forwarded-host': 'www.example.com',
          'x-forwarded-proto': 'https',
        },
        'plain',
      ),
      proxied,
      'passes',
    ],
    [
      'a forwarded list',
      request(
        {
          host,
          origin: 'https://www.example.com',
          'x-forwarded-host': 'www.example.com, inner',
          'x-forwarded-proto': 'https, http',
        },
        'plain',
      ),
      proxied,
      'passes',
    ],
    [
      'Forwarded with trust',
      request(
        {
          host: 'inner:8080',
          origin: 'https://www.example.com',
          forwarded: 'for="[2001:db8::7]:4711";Proto=https; host="www.example.com", for=10.0.0.1',
        },
        'plain',
      ),
      proxied,
      'passes',
    ],
    [
      'Forwarded without trust',
      request({ host, origin: 'https://evil.test', forwarded: 'host=evil.test;proto=https' }),
      direct,
      'cross_origin',
    ],
    [
      'Forwarded beside X-Forwarded: X-Forwarded is used',
      request({
        host,
        origin: 'https://evil.test',
        forwarded: 'host=evil.test',
        'x-forwarded-host': host,
      }),
      proxied,
      'cross_origin',
    ],
    [
      'a socket behind a proxy that says wss',
      request({ host, origin: 'https://api.example.com', 'x-forwarded-proto': 'wss' }, 'plain'),
      proxied,
      'passes',
    ],
    [
      'forwarded proto says plain',
      request({ host, origin: 'https://api.example.com', 'x-forwarded-proto': 'http' }, 'tls'),
      proxied,
      'cross_origin',
    ],
  ])('%s', (_, from, options, expected) => {
    expect(judgeOrigin(from, options)).toBe(expected);
  });

  it.each([
    ['GET', false],
    ['HEAD', false],
    ['OPTIONS', false],
    ['TRACE', false],
    ['POST', true],
    ['PUT', true],
    ['PATCH', true],
    ['DELETE', true],
    ['PROPFIND', true],
  ])('%s is unsafe: %s', (method, unsafe) => {
    expect(isUnsafe({ headers: {}, method })).toBe(unsafe);
  });
});
