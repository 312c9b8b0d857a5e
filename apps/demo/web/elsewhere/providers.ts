import { type Resource, useResource } from '../api/use-resource.js';

/** Names of the providers for sign-in. */
export const useProviders = (): Resource<readonly string[]> =>
  useResource<readonly string[]>('/providers');

export const titleOf = (provider: string): string =>
  provider.charAt(0).toUpperCase() + provider.slice(1);
