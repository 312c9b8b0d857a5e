import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AuthEventPublisher } from './auth-event-publisher.service.js';

interface Emitter {
  /** Calls its listeners at once, as `emit` does; settles when they have. */
  emitAsync(name: string, event: unknown): Promise<unknown>;
}

/**
 * Hands every event to `@nestjs/event-emitter` when the application has it, as `tokenward.<type>`. Found by its methods: nothing of it is
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
    if (emitter) this.events.subscribe((event) => emitter.emitAsync(`tokenward.${event.type}`, event));
  }

  private find(): Emitter | undefined {
    for (const { providers } of this.modules.values())
      for (const [token, { instance }] of providers)
        if (typeof token === 'function' && isEmitter(instance)) return instance;
    return undefined;
  }
}

/** `onAny` tells eventemitter2's from node's own, which hosts provide for purposes of theirs. */
function isEmitter(instance: unknown): instance is Emitter {
  const { emitAsync, onAny } = (instance ?? {}) as Partial<Record<'emitAsync' | 'onAny', unknown>>;
  return typeof emitAsync === 'function' && typeof onAny === 'function';
}
