import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AuthEventPublisher } from './auth-event-publisher.service.js';

interface Emitter {
  /** Calls its listeners at once, like `emit`, and settles when they have settled. */
  emitAsync(name: string, event: unknown): Promise<unknown>;
}

/**
 * Passes every event to `@nestjs/event-emitter`, if the application has it, as `tokenward.<type>`. The emitter is
 * found by its methods and not by an import, so any version works, and none is needed.
 */
@Injectable()
export class EventEmitterBridge implements OnApplicationBootstrap {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly events: AuthEventPublisher,
  ) {}

  onApplicationBootstrap(): void {
    const emitter = this.find();
    if (emitter)
      this.events.subscribe((event) => emitter.emitAsync(`tokenward.${event.type}`, event));
  }

  private find(): Emitter | undefined {
    for (const { providers } of this.modules.values())
      for (const [token, { instance }] of providers)
        if (typeof token === 'function' && isEmitter(instance)) return instance;
    return undefined;
  }
}

/** `onAny` distinguishes eventemitter2 from node's own emitters, which hosts provide for other purposes. */
function isEmitter(instance: unknown): instance is Emitter {
  const { emitAsync, onAny } = (instance ?? {}) as Partial<Record<'emitAsync' | 'onAny', unknown>>;
  return typeof emitAsync === 'function' && typeof onAny === 'function';
}
