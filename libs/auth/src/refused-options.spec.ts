import { describe, expect, it } from '@jest/globals';
import { refusal, SOUND } from './refused-options.fixture.js';

const DURATION = 'must be a duration, written as 900s, 15m or 30d (a bare number is seconds)';
const OBJECT = 'must be an object of options';
const IDENTIFIER =
  'must be a name such as username: letters, digits and _, and not the name of another member of the body';

describe('the error message of a refused option', () => {
  // T-k8tw
  it.each<readonly [object, string]>([
    [{ identifier: { name: 'password' } }, `identifier.name: ${IDENTIFIER}`],
    [{ identifier: { name: 'e mail' } }, `identifier.name: ${IDENTIFIER}`],
    [{ identifier: 'username' }, `identifier: ${OBJECT}`],
    [{ identifier: { tenant: 'shop' } }, 'identifier.tenant: must be a function'],
    [
      { registration: { fields: {} } },
      'registration.fields: must be a Standard Schema (zod, valibot, arktype …)',
    ],
    // of the wrong kind
    [{ accessToken: null }, `accessToken: ${OBJECT}`],
    [{ accessToken: [] }, `accessToken: ${OBJECT}`],
    [{ accessToken: '5m' }, `accessToken: ${OBJECT}`],
    [{ accessToken: new Map([['ttl', '5m']]) }, `accessToken: ${OBJECT}`],
    [{ accessToken: new Date(0) }, `accessToken: ${OBJECT}`],
    [{ accessToken: Promise.resolve({}) }, `accessToken: ${OBJECT}`],
    [{ accessToken: () => ({}) }, `accessToken: ${OBJECT}`],
    [{ throttle: true }, 'throttle: must be false or an object of options'],
    [{ throttle: null }, 'throttle: must be false or an object of options'],
    [
      { issuer: '' },
      'issuer: must be a text that is not empty, https://auth.example.com by convention',
    ],
    [
      { issuer: ' ' },
      'issuer: must be a text that is not empty, https://auth.example.com by convention',
    ],
    [
      { issuer: 'https://issuer.example\n' },
      'issuer: begins or ends with a blank or a line break: trim it',
    ],
    [
      { audience: ['a', ' api'] },
      'audience[1]: begins or ends with a blank or a line break: trim it',
    ],
    [
      { issuer: ['a'] },
      'issuer: must be a text that is not empty, https://auth.example.com by convention',
    ],
    [
      { issuer: undefined },
      'issuer: is missing: a text that is not empty, https://auth.example.com by convention',
    ],
    [
      { audience: undefined },
      'audience: is missing: what the tokens are for: a text that is not empty, or several',
    ],
    [
      { audience: [] },
      'audience: must be what the tokens are for: a text that is not empty, or several',
    ],
    [
      { audience: ['a', ''] },
      'audience[1]: must be what the tokens are for: a text that is not empty, or several',
    ],
    [
      { audience: 3 },
      'audience: must be what the tokens are for: a text that is not empty, or several',
    ],
    [{ keys: undefined }, 'keys: is missing: an object of options'],
    [
      { keys: { privateKey: '' } },
      'keys.privateKey: must be a key: text that is not empty, a JWK object, a KeyObject of node:crypto',
    ],
    [
      { keys: { secret: 42 } },
      'keys.secret: must be a key: text that is not empty, a JWK object, a KeyObject of node:crypto',
    ],
    [
      { keys: { algorithm: 'none' } },
      'keys.algorithm: must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, HS256, HS384, HS512',
    ],
    [
      { keys: { createdAt: 'long ago' } },
      'keys.createdAt: is not a date in ISO 8601, 2026-12-31T00:00:00Z',
    ],
    [{ keys: { sign: 'kms' } }, 'keys.sign: must be a function'],
    [{ keys: { verificationKeys: [] } }, 'keys.verificationKeys: must be a JWKS: {"keys": [ … ]}'],
    [{ accessToken: { claims: { role: 'x' } } }, 'accessToken.claims: must be a function'],
    [
      { accessToken: { claimsSchema: { role: 'x' } } },
      'accessToken.claimsSchema: must be a Standard Schema (zod, valibot, arktype …)',
    ],
    [{ accessToken: { allowedClaims: 'email' } }, 'accessToken.allowedClaims: must be a list'],
    [
      { accessToken: { allowedClaims: [''] } },
      'accessToken.allowedClaims[0]: must be a text that is not empty',
    ],
    [
      { accessToken: { cacheSize: '5' } },
      'accessToken.cacheSize: must be a whole number from 0 to 10,000,000',
    ],
    [{ passwords: { minLength: 1.5 } }, 'passwords.minLength: must be a whole number from 8 to 64'],
    [{ passwords: { minLength: 4 } }, 'passwords.minLength: must be a whole number from 8 to 64'],
    [
      { passwords: { maxBytes: NaN } },
      'passwords.maxBytes: must be a whole number from 64 to 4,096',
    ],
    [
      { sessions: { maxPerUser: -1 } },
      'sessions.maxPerUser: must be a whole number from 1 to 10,000',
    ],
    [
      { observe: { burstOf: Infinity } },
      'observe.burstOf: must be a whole number from 2 to 1,000,000',
    ],
    [
      { observe: { logEvents: 'some' } },
      'observe.logEvents: must be one of none, high, warning, all',
    ],
    [{ origins: { trustProxy: 'yes' } }, 'origins.trustProxy: must be true or false'],
    [
      { origins: { trustedOrigins: 'https://a.example' } },
      'origins.trustedOrigins: must be a list',
    ],
    [
      { origins: { trustedOrigins: ['*'] } },
      'origins.trustedOrigins[0]: must be an exact origin such as https://app.example.com, without path or wildcard',
    ],
    [
      { origins: { trustedOrigins: ['https://a.example/'] } },
      'origins.trustedOrigins[0]: must be an exact origin such as https://app.example.com, without path or wildcard',
    ],
    [
      { cookies: { domain: '*.example.com' } },
      'cookies.domain: must be a domain name such as example.com',
    ],
    [
      { cookies: { accessName: 'a b' } },
      'cookies.accessName: must be a cookie name of letters, digits and dashes',
    ],
    [
      { cookies: { formerScopes: [{ domain: 'x' }] } },
      'cookies.formerScopes[0].domain: must be a domain name such as example.com',
    ],
    [
      { cookies: { formerScopes: [{ path: 'auth' }] } },
      'cookies.formerScopes[0].path: must be a path such as / or /auth',
    ],
    [
      { cookies: { formerScopes: [{ refreshPath: '/auth' }] } },
      'cookies.formerScopes[0].refreshPath: is not an option; did you mean cookies.formerScopes[0].path?',
    ],
    [
      { cookies: { formerScopes: [{ ttl: '1h' }] } },
      'cookies.formerScopes[0].ttl: is not an option; known here: domain, path',
    ],
    [
      { cookies: { formerScopes: Array.from({ length: 9 }, () => ({})) } },
      'cookies.formerScopes: must hold at most 8 scopes',
    ],
    [
      { cookies: { refreshPath: 'auth' } },
      'cookies.refreshPath: must be a path such as / or /auth',
    ],
    [
      { transports: { allowed: [] } },
      'transports.allowed: is empty; name at least one of cookie, hybrid, bearer',
    ],
    [
      { transports: { allowed: ['token'] } },
      'transports.allowed[0]: must be one of cookie, hybrid, bearer',
    ],
    [
      { storage: undefined },
      'storage: is missing: drizzleStorage(db) of @tokenward/nestjs/drizzle, or an object of sessions, ledger and peppers',
    ],
    [
      { storage: { ...SOUND.storage, audits: {} } },
      'storage: has a member that is nearly named users or audit: write it so',
    ],
    [
      { redis: { get: () => undefined } },
      'redis: must be redisConnection(client) of @tokenward/nestjs/redis, or an object of feed and close()',
    ],
    [
      { keySource: () => ({ keys: [] }) },
      'keySource: must be a KeySource: keyFile, keyDirectory, keysFrom or drizzleKeySource makes one',
    ],
    [{ secondFactor: 'totp' }, 'secondFactor: must be a function'],
    [{ meter: {} }, "meter: must be metrics.getMeter('tokenward') of @opentelemetry/api"],
    [{ clock: Date }, 'clock: must be a Clock with now() and monotonic()'],
    // durations
    [{ accessToken: { ttl: 'quickly' } }, `accessToken.ttl: ${DURATION}`],
    [{ accessToken: { ttl: '' } }, `accessToken.ttl: ${DURATION}`],
    [{ accessToken: { ttl: '-5m' } }, `accessToken.ttl: ${DURATION}`],
    [{ accessToken: { ttl: -5 } }, `accessToken.ttl: ${DURATION}`],
    [{ accessToken: { ttl: NaN } }, `accessToken.ttl: ${DURATION}`],
    [{ accessToken: { ttl: ['5m'] } }, `accessToken.ttl: ${DURATION}`],
    [{ accessToken: { ttl: '2h' } }, 'accessToken.ttl: must be from 1s to 1h'],
    [
      { accessToken: { ttl: 900_000 } },
      'accessToken.ttl: must be from 1s to 1h; a bare number is seconds',
    ],
    [{ revocation: { deadline: '1h' } }, 'revocation.deadline: must be from 10ms to 10s'],
    // options that contradict each other
    [
      { refreshToken: { ttl: '300d', absoluteTtl: '1h' } },
      'refreshToken.ttl: is longer than refreshToken.absoluteTtl (180d unless set), which ends the session first: raise that, or lower this',
    ],
    [
      { refreshToken: { rememberMeTtl: '300d' } },
      'refreshToken.rememberMeTtl: is longer than refreshToken.absoluteTtl (180d unless set), which ends the session first: raise that, or lower this',
    ],
    [
      { transports: { allowed: ['bearer'], default: 'cookie' } },
      'transports.default: is not among transports.allowed; add it there',
    ],
    [
      { keyRotation: { leadTime: '1m' } },
      'keyRotation.leadTime: is shorter than jwks.cacheFor: a key would sign before every cache has it; make it at least as long',
    ],
    [
      { keyRotation: { rotateAfter: '2h' } },
      'keyRotation.rotateAfter: is shorter than twice keyRotation.leadTime: keys would pile up before they sign; make it at least as long',
    ],
    [
      { cookies: { secure: false, sameSite: 'none' } },
      'cookies.sameSite: browsers refuse None without Secure; set cookies.secure to true',
    ],
    [
      { cookies: { prefix: '__Host-', domain: 'example.com' } },
      'cookies.domain: browsers refuse it with __Host-; drop it or take the prefix __Secure-',
    ],
    [
      { cookies: { accessName: 'one', deviceName: 'one' } },
      'cookies: two cookies have the same name; give each its own',
    ],
  ])('%j', (changes, sentence) => {
    expect(refusal(changes)).toBe(sentence);
  });

  // T-qq6t
  it('never prints a value, or a name that may be a value', () => {
    const secret = Buffer.alloc(33, 7).toString('base64');
    const places = [
      { [secret]: 1 },
      { keys: secret },
      { keys: { [secret]: 1 } },
      { keys: { secret: [secret] } },
      { refreshToken: { secrets: secret } },
      { accessToken: { legacy: [{ name: secret }] } },
      { storage: secret },
      { redis: `redis://user:${secret}@redis.example` },
      { origins: { trustedOrigins: [secret] } },
    ];
    for (const each of places) {
      expect(refusal(each)).not.toContain(secret);
      expect(refusal(each)).not.toMatch(/accepted|\n/);
    }
  });
});
