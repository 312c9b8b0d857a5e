import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { AuthModule } from '../auth.module.js';
import { memoryAuthOptions } from '../testing/index.js';
import { withJson } from './module-json.js';

class Circular {
  readonly itself = this;
}

describe('the JSON of options', () => {
  it('has plain data as it is, and a number for each handle', () => {
    const handle = new Circular();
    const options = () => withJson({ issuer: 'i', storage: { users: handle, more: [handle] } });
    const [first, again] = [JSON.stringify(options()), JSON.stringify(options())];
    expect(first).toMatch(/^\{"issuer":"i","storage":\{"users":"(#\d+)","more":\["\1"\]\}\}$/);
    expect(again).toBe(first);
    expect(JSON.stringify(withJson({ storage: { users: new Circular() } }))).not.toContain(
      /#\d+/.exec(first)?.[0],
    );
  });

  it('ends where an object of the host contains itself', () => {
    const host: Record<string, unknown> = { name: 'host' };
    host['itself'] = host;
    expect(JSON.stringify(withJson({ host }))).toMatch(
      /^\{"host":\{"name":"host","itself":"#\d+"\}\}$/,
    );
  });
});

describe('AuthModule.forRoot with stores that are circular', () => {
  // as with @nestjs/devtools-integration
  it('boots when Nest makes ids of modules from their JSON', async () => {
    const options = memoryAuthOptions();
    Object.assign(options.storage.sessions, { itself: options.storage });
    @Module({ imports: [AuthModule.forRoot(options)] })
    class App {}
    const asked = { snapshot: true, abortOnError: false, logger: false } as const;
    const app = await NestFactory.createApplicationContext(App, asked);
    await app.close();
  });
});
