import type { Provider, Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { type AppParts, startApp } from '../http/http-app.fixture.js';

export const globally = (use: { useExisting: Type } | { useClass: Type }): Provider[] => [
  { provide: APP_GUARD, ...use },
];

/** A class of one handler, of any transport. */
export function host(
  of: ClassDecorator,
  route: MethodDecorator,
  ...said: readonly (MethodDecorator | undefined)[]
): Type {
  class Host {
    handle(): string {
      return 'in';
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(
    Host.prototype,
    'handle',
  ) as PropertyDescriptor;
  for (const decorate of [route, ...said]) decorate?.(Host.prototype, 'handle', descriptor);
  of(Host);
  return Host;
}

export const boot = async (routeClass: Type, parts: AppParts = {}): Promise<string> => {
  const isController = Reflect.hasMetadata('path', routeClass);
  try {
    const { app } = await startApp('express', {
      ...parts,
      controllers: isController ? [routeClass] : [],
      providers: [...(parts.providers ?? []), ...(isController ? [] : [routeClass])],
      prepare: (app) => {
        app.useWebSocketAdapter(new WsAdapter(app));
        parts.prepare?.(app);
      },
    });
    await app.close();
    return 'boots';
  } catch (error) {
    return (error as Error).message;
  }
};
