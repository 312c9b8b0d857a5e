import { z } from 'zod';
import { problem, type EnvironmentReader } from './environment.js';

/** Of one OpenID provider, by the name that its routes get. */
export type ProviderSettings = Readonly<
  Record<
    string,
    { readonly issuer: string; readonly clientId: string; readonly clientSecret?: string }
  >
>;

const CURE =
  'must be JSON such as [{"name": "example", "issuer": "https://id.example.com", "clientId": "demo", "clientSecret": "…"}]';
const providers = z
  .array(
    z.strictObject({
      name: z.string(),
      issuer: z.string().min(1),
      clientId: z.string().min(1),
      clientSecret: z.string().min(1).optional(),
    }),
  )
  .refine((given) => new Set(given.map(({ name }) => name)).size === given.length);

/** Undefined: not set; empty: none. The module checks names and issuers. */
export function oidcProviders(read: EnvironmentReader): ProviderSettings | undefined {
  const given = read.text('OIDC_PROVIDERS');
  if (given === undefined) return undefined;
  const parsed = providers.safeParse(jsonIn(given));
  if (!parsed.success) throw problem('OIDC_PROVIDERS', CURE);
  return Object.fromEntries(parsed.data.map(({ name, ...provider }) => [name, provider]));
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
