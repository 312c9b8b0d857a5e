import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { z } from 'zod';
import { authModuleSchema, readModuleOptions } from './auth.module-schema.js';
import { pathsIn, shapeOf } from './common/option-names.js';

const SOUND = {
  issuer: 'https://issuer.example',
  audience: 'api',
  keys: {},
  storage: { sessions: {}, ledger: {}, peppers: {} },
};
const paths = pathsIn(authModuleSchema);
const schemaOf = (path: string) =>
  path
    .split('.')
    .reduce<z.core.$ZodType | undefined>((at, name) => shapeOf(at)?.[name], authModuleSchema);
const groups = paths.filter((path) => shapeOf(schemaOf(path)) !== undefined);
/** The required members of a group. */
const NEEDED: Readonly<Record<string, object>> = {
  factors: { methods: [{ kind: 'totp' }] },
  'accessToken.encryption': { keys: [{ keyId: 'e1', key: 'a key' }] },
  accounts: { mail: () => undefined, url: 'https://app.example.com/{kind}?token={token}' },
  tenants: { issuers: { acme: 'https://acme.example.com' }, of: () => undefined },
  'discovery.resource': { resource: 'https://api.example.com' },
};
/** `{ a: { b: value } }` of `a.b`. */
function nested(path: string, value: unknown, below = ''): Readonly<Record<string, unknown>> {
  const [name = '', ...more] = path.split('.');
  const at = below === '' ? name : `${below}.${name}`;
  const needed = NEEDED[below] ?? {};
  return { [name]: more.length === 0 ? value : nested(more.join('.'), value, at), ...needed };
}
const refusal = (changes: object): string => {
  try {
    readModuleOptions({ ...SOUND, ...changes });
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
};
const ACCEPTABLE = /accepted/;

describe('any member', () => {
  // T-6475
  it('that is not an option is refused by its name, at any depth', () => {
    const name = fc
      .stringMatching(/^[a-zA-Z_$][\w$]{0,20}$/)
      .filter((each) => each !== '__proto__');
    fc.assert(
      fc.property(fc.constantFrom('', ...groups), name, fc.anything(), (group, unknown, value) => {
        const known = Object.keys(shapeOf(group === '' ? authModuleSchema : schemaOf(group)) ?? {});
        fc.pre(!known.includes(unknown));
        const path = group === '' ? unknown : `${group}.${unknown}`;
        const said = refusal(nested(path, value));
        expect(said).toContain(`${path}: is not an option; `);
        expect(said).not.toContain('\n');
      }),
    );
  });

  it('that is documented is known, and undefined is the same as leaving it out', () => {
    for (const path of paths)
      expect(`${path}: ${refusal(path in SOUND ? {} : nested(path, undefined))}`).toMatch(
        ACCEPTABLE,
      );
  });

  it('that has a default accepts the default as it is documented', () => {
    for (const path of paths) {
      const def = (schemaOf(path) as z.core.$ZodTypes)._zod.def;
      if (def.type !== 'prefault') continue;
      expect(`${path}: ${refusal(nested(path, def.defaultValue))}`).toMatch(ACCEPTABLE);
    }
  });
});
