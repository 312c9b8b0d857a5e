// A Nest application around one guarded route, the same for every peer. Decorators are called by hand: nothing here is compiled.
import 'reflect-metadata';
import { Controller, Get, Inject, Injectable, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** `@Injectable()` with its dependencies by token. */
export function injectable(Class, ...tokens) {
  Injectable()(Class);
  tokens.forEach((token, at) => Inject(token)(Class, undefined, at));
  return Class;
}

/** `GET /things` behind the guard (none: unguarded), in a host that imports what the guard needs. */
export function hostOf({ guard, imports = [], providers = [] }) {
  class Things {
    things() {
      return { ok: true };
    }
  }
  const method = Object.getOwnPropertyDescriptor(Things.prototype, 'things');
  Get('things')(Things.prototype, 'things', method);
  if (guard) UseGuards(guard)(Things.prototype, 'things', method);
  Controller()(Things);
  class Host {}
  Module({ imports, controllers: [Things], providers })(Host);
  return Host;
}

/** Listening on a free port of loopback. `prepare` sees the application before that. */
export async function listen(host, adapter, prepare) {
  const quiet = { logger: false, abortOnError: false };
  const http = adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
  const app = await NestFactory.create(host, http, quiet);
  await prepare?.(app);
  await app.listen(0, '127.0.0.1');
  return { app, url: (await app.getUrl()).replace('[::1]', '127.0.0.1') };
}
