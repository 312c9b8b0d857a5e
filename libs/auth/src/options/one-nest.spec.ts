import { ConsoleLogger, Logger } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { afterEach, expect, it, jest } from '@jest/globals';
import { AuthTestingModule } from '../testing/auth-testing.module.js';

const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
const own: unknown = Reflect.get(BaseExceptionFilter, 'logger');
afterEach(() => {
  Reflect.set(BaseExceptionFilter, 'logger', own);
  warned.mockClear();
});

it.each<[string, unknown, number]>([
  ['one copy of Nest', own, 0],
  // as core makes it with a class that is not ours
  ['two copies of Nest', new ConsoleLogger(), 1],
  ['a Nest whose core keeps no logger there', undefined, 0],
])('the boot with %s', async (_name, logger, lines) => {
  Reflect.set(BaseExceptionFilter, 'logger', logger);
  const testing = Test.createTestingModule({ imports: [AuthTestingModule.forRoot()] });
  const app = (await testing.compile()).createNestApplication();
  await app.init();
  await app.close();
  const said = warned.mock.calls.filter(([line]) => String(line).includes('two copies'));
  expect(said).toHaveLength(lines);
});
