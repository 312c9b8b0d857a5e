import type { DynamicModule, Provider } from '@nestjs/common';
import { authOptionsToken, MODULE_OPTIONS_TOKEN } from './auth.module-definition.js';
import { readModuleOptions } from './auth.module-schema.js';
import { authToken, DEFAULT_INSTANCE } from './common/instance-token.js';
import { ISSUE_EXPORTS, NAMED_ONLY } from './issue/issue.providers.js';
import { AuditLog } from './observe/audit-log.service.js';
import { VERIFY_EXPORTS } from './verify/verify.providers.js';

const EXPORTS = [...VERIFY_EXPORTS, ...ISSUE_EXPORTS, AuditLog];

/** A named instance is reached only by its name: with two instances in one module, a bare class would be ambiguous. */
export function exporting(definition: DynamicModule, instance = DEFAULT_INSTANCE): DynamicModule {
  const named = [...EXPORTS, ...NAMED_ONLY].map((each) => ({
    provide: authToken(each, instance),
    useExisting: each,
  }));
  const tokens = [...named.map(({ provide }) => provide), authOptionsToken(instance)];
  return {
    ...definition,
    providers: [
      ...(definition.providers ?? []).map((each) => ownOptions(each, instance)),
      {
        provide: MODULE_OPTIONS_TOKEN,
        useFactory: readModuleOptions,
        inject: [authOptionsToken(instance)],
      },
      ...named,
    ],
    exports: instance === DEFAULT_INSTANCE ? [...EXPORTS, ...tokens] : tokens,
  };
}

/** Provides the options under the instance's own token, so that a test can override the options of one instance. */
function ownOptions(provider: Provider, instance: string): Provider {
  if (!('provide' in provider) || provider.provide !== MODULE_OPTIONS_TOKEN) return provider;
  return { ...provider, provide: authOptionsToken(instance) };
}
