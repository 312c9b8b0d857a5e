import type { Abstract } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { authToken, DEFAULT_INSTANCE } from '../../common/instance-token.js';

/** What one instance's module has, which is another one than the controller's. */
export class OfInstance {
  constructor(
    private readonly modules: ModuleRef,
    private readonly instance: string,
  ) {}

  get<T>(of: Abstract<T>): T {
    return this.modules.get<T>(authToken(of, this.instance), { strict: false });
  }
}

/** Where a document of an instance lies below the root of the host. */
export const at = (instance: string, path: string): string =>
  instance === DEFAULT_INSTANCE ? path : `${instance}/${path}`;
