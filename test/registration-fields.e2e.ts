import { afterAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { HostApp } from './support/host-app.js';
import { memberHosts, PASSWORD } from './support/member-hosts.js';

const { database, keep, start, unique } = memberHosts();

describe('further fields of a registration', () => {
  const fields = z.object({ phone: z.string().regex(/^\d+$/) });

  it('go into the columns of the table', async () => {
    const client = (await start({}, { registration: { fields } })).client();
    const mail = `${unique('full')}@example.com`;
    const made = await client.post('/auth/register', {
      email: mail,
      password: PASSWORD,
      phone: '4930',
    });
    expect(made.status).toBe(201);
    const found = await database().pool.query(
      'select phone, role, credit from members where email = $1',
      [mail],
    );
    expect(found.rows).toEqual([{ phone: '4930', role: null, credit: 0 }]);
  });

  const hosts = new Map<z.ZodType, HostApp>();
  afterAll(async () => {
    for (const host of hosts.values()) await host.close();
  });
  async function hostOf(schema: z.ZodType): Promise<HostApp> {
    const host = hosts.get(schema) ?? (await start({}, { registration: { fields: schema } }));
    if (!hosts.has(schema)) keep(host);
    hosts.set(schema, host);
    return host;
  }

  const wide = z.looseObject({ phone: z.string().optional() });
  const strict = z.strictObject({ phone: z.string() });
  // T-bp47
  it.each<[string, z.ZodType, string, object]>([
    ['what the schema refuses', fields, 'phone: is not valid', { phone: 'text of a secret' }],
    ['what is missing', fields, 'phone: is not valid', {}],
    [
      'unknown to the schema',
      fields,
      'credit: is not a field of registration',
      { phone: '1', credit: 9 },
    ],
    ['unknown to a strict schema', strict, 'body: is not valid', { phone: '1', credit: 9 }],
    ['a role', wide, 'role: is not a field of registration', { role: 'admin' }],
    ['a role in capitals', wide, 'ROLE: is not a field of registration', { ROLE: 'admin' }],
    ['permissions', wide, 'permissions: is not a field of registration', { permissions: ['all'] }],
    ['disabled', wide, 'disabled: is not a field of registration', { disabled: false }],
    ['a version', wide, 'tokenVersion: is not a field of registration', { tokenVersion: 9 }],
    [
      'a version by column',
      wide,
      'token_version: is not a field of registration',
      { token_version: 9 },
    ],
    ['an id', wide, 'id: is not a field of registration', { id: 1 }],
    ['the column of the hash', wide, 'secret: is not a field of registration', { secret: 'x' }],
    ['no column', wide, 'nothing: is not a field of registration', { nothing: 'x' }],
    ['a prototype', wide, '__proto__: is not a field of registration', {}],
  ])('%s is 400, and no user is created', async (_name, schema, message, more) => {
    const client = (await hostOf(schema)).client();
    const mail = `${unique('refused')}@example.com`;
    const json = { email: mail, password: PASSWORD, ...more };
    const body = message.startsWith('__proto__') ? withProto(json) : JSON.stringify(json);
    const refused = await client.request('POST', '/auth/register', {
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect([refused.status, refused.json()['message']]).toEqual([400, message]);
    expect(
      (await database().pool.query('select 1 from members where email = $1', [mail])).rows,
    ).toEqual([]);
  });
});

const withProto = (json: object): string =>
  JSON.stringify(json).replace(/\}$/, ',"__proto__":{"role":"admin"}}');
