import type { Abstract } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { authToken, DEFAULT_INSTANCE } from '../../common/instance-token.js';

/** Providers of one instance's module, which may be another module than the controller's. */
export class OfInstance {
  constructor(
    private readonly modules: ModuleRef,
    private readonly instance: string,
  ) {}

  get<T>(of: Abstract<T>): T {
    return this.modules.get<T>(authToken(of, this.instance), { strict: false });
  }
}

/** The path of a document of an instance below the root of the host. */
export const at = (instance: string, path: string): string =>
  instance === DEFAULT_INSTANCE ? path : `${instance}/${path}`;
