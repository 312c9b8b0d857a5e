import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AuthEventPublisher } from './auth-event-publisher.service.js';

interface Emitter {
  emit(name: string, event: unknown): unknown;
}

/**
 * Hands every event to `@nestjs/event-emitter` when the application has it, as `tokenward.<type>`. Found by the name of its provider: nothing of it is
 * imported, so that any version of it will do, and none.
 */
@Injectable()
export class EventEmitterBridge implements OnApplicationBootstrap {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly events: AuthEventPublisher,
  ) {}

  onApplicationBootstrap(): void {
    const emitter = this.find();
    if (emitter) this.events.subscribe((event) => void emitter.emit(`tokenward.${event.type}`, event));
  }

  private find(): Emitter | undefined {
    for (const { providers } of this.modules.values())
      for (const [token, { instance }] of providers)
        if (typeof token === 'function' && token.name === 'EventEmitter2' && isEmitter(instance))
          return instance;
    return undefined;
  }
}

function isEmitter(instance: unknown): instance is Emitter {
  return typeof (instance as Partial<Emitter> | undefined)?.emit === 'function';
}
