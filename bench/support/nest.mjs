// A Nest application around one guarded route, the same for every peer. Decorators are called by hand: nothing here is
// compiled.
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

/**
 * `GET /things` behind the guard (none: unguarded), in a host that imports what the guard needs. `beside`: another
 * guard, before `GET /beside`, which does the same.
 */
export function hostOf({ guard, beside, imports = [], providers = [] }) {
  class Things {
    things() {
      return { ok: true };
    }
    beside() {
      return { ok: true };
    }
  }
  const route = (name, before) => {
    const method = Object.getOwnPropertyDescriptor(Things.prototype, name);
    Get(name)(Things.prototype, name, method);
    if (before) UseGuards(before)(Things.prototype, name, method);
  };
  route('things', guard);
  if (beside) route('beside', beside);
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
