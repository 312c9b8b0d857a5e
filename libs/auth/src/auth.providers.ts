import type { Provider } from '@nestjs/common';
import { AUTH_ROUTES, MODULE_OPTIONS_TOKEN } from './auth.module-definition.js';
import type { CheckedModuleOptions } from './auth.module-schema.js';
import { AuthError } from './common/auth-error.js';
import { Clock, SystemClock } from './common/clock.js';
import { Entropy, SystemEntropy } from './common/entropy.js';
import { AUTH_INSTANCE } from './common/instance-token.js';
import { RefusalLog } from './verify/refusal-log.service.js';
import { FactorMethods } from './issue/factors/factor-methods.js';
import { KeyLookup } from './verify/keys/key-lookup.port.js';
import { sightingsWithLegacy } from './issue/legacy/legacy-sightings.js';
import { KeyRotation } from './issue/keys/key-rotation.service.js';
import { Keyring } from './verify/keys/keyring.service.js';
import { resolveChecked } from './options/resolve-options.js';
import { ResolvedAuthOptions } from './options/resolved-options.js';
import { RevocationChecker } from './verify/revocation/revocation-checker.service.js';
import { LoginThrottle } from './issue/users/login-throttle.service.js';
import { ApiKeyStore } from './storage/api-key-store.port.js';
import { ApiKeyLookup } from './verify/api-key-lookup.port.js';
import { RememberedApiKeys } from './issue/api-keys/api-key-lookup.service.js';
import { ProofReplays } from './storage/proof-replays.port.js';
import { proofReplays } from './verify/dpop/proof-replays.js';
import { OneTimeTokenStore } from './storage/one-time-token-store.port.js';
import { RevocationFeedBus } from './storage/revocation-feed.port.js';
import { RevocationLedgerStore } from './storage/revocation-ledger.port.js';
import { RefreshSecrets } from './issue/sessions/refresh-secrets.js';
import { loadRefreshSecrets } from './issue/sessions/refresh-secrets-rotation.service.js';
import { RefreshSecretsStore } from './storage/refresh-secrets.port.js';
import { SessionStore } from './storage/session-store.port.js';
import { checkStorage } from './issue/sessions/storage-check.js';
import { DeviceIds } from './issue/users/device-id.js';
import { guardedUserDirectory } from './issue/users/guarded-user-directory.js';
import { MemoryThrottleStore } from './storage/memory-throttle.store.js';
import { SecondFactor } from './issue/users/second-factor.port.js';
import { SubjectReader } from './storage/subject-reader.port.js';
import { ThrottleKeys } from './issue/users/throttle-keys.js';
import { ThrottleStore } from './storage/throttle-store.port.js';
import { AuthEventPublisher } from './observe/auth-event-publisher.service.js';
import { UserDirectory } from './storage/user-directory.port.js';

type Host = CheckedModuleOptions;

/** A provider that is one of the host's handles. */
export function handle(
  token: Provider extends infer P ? Extract<P, { provide: unknown }>['provide'] : never,
  pick: (host: Host) => unknown,
): Provider {
  return { provide: token, useFactory: pick, inject: [MODULE_OPTIONS_TOKEN] };
}

/** The providers that are created from the options. */
export const OPTION_PROVIDERS: Provider[] = [
  {
    provide: ResolvedAuthOptions,
    useFactory: resolveChecked,
    inject: [MODULE_OPTIONS_TOKEN, AUTH_ROUTES, AUTH_INSTANCE],
  },
  handle(Clock, (host) => host.clock ?? new SystemClock()),
  handle(Entropy, (host) => host.entropy ?? new SystemEntropy()),
  handle(SessionStore, (host) => host.storage.sessions),
  handle(RevocationLedgerStore, (host) => host.storage.ledger),
  {
    provide: RefreshSecretsStore,
    useFactory: async ({ storage }: Host) => {
      // first, so that the error names everything that is missing, and not only what the first statement needs
      await checkStorage(storage.check?.());
      return storage.peppers;
    },
    inject: [MODULE_OPTIONS_TOKEN],
  },
  {
    provide: UserDirectory,
    useFactory: (host: Host, options: ResolvedAuthOptions, events: AuthEventPublisher) =>
      guardedUserDirectory(usersOf(host, options), options.storeDeadlineMs, (event) =>
        events.publish(event),
      ),
    inject: [MODULE_OPTIONS_TOKEN, ResolvedAuthOptions, AuthEventPublisher],
  },
  handle(OneTimeTokenStore, (host) => host.storage.oneTimeTokens),
  {
    provide: ApiKeyStore,
    useFactory: (host: Host, { apiKeys }: ResolvedAuthOptions) => {
      if (apiKeys && !host.storage.apiKeys)
        throw AuthError.configuration(
          'apiKeys',
          'is set, but the storage has no store for them; drizzleStorage has one',
        );
      return apiKeys && host.storage.apiKeys;
    },
    inject: [MODULE_OPTIONS_TOKEN, ResolvedAuthOptions],
  },
  {
    provide: ApiKeyLookup,
    useFactory: (store: ApiKeyStore | undefined, ...needed: NeededByApiKeys) =>
      store && new RememberedApiKeys(store, ...needed),
    inject: [
      ApiKeyStore,
      Clock,
      UserDirectory,
      RevocationChecker,
      LoginThrottle,
      AuthEventPublisher,
      ResolvedAuthOptions,
    ],
  },
  handle(RevocationFeedBus, (host) => host.redis?.feed),
  {
    provide: ProofReplays,
    useFactory: (host: Host, options: ResolvedAuthOptions, clock: Clock, entropy: Entropy) =>
      proofReplays(host.redis, options, clock, entropy),
    inject: [MODULE_OPTIONS_TOKEN, ResolvedAuthOptions, Clock, Entropy],
  },
  handle(FactorMethods, (host) => new FactorMethods(host.factors, host.storage)),
  handle(SecondFactor, (host): SecondFactor => ({
    ask: host.secondFactor ?? (() => 'not_needed'),
  })),
  { provide: SubjectReader, useExisting: SessionStore },
  {
    provide: ThrottleStore,
    useFactory: (host: Host, clock: Clock) =>
      host.redis?.throttle ?? new MemoryThrottleStore(clock),
    inject: [MODULE_OPTIONS_TOKEN, Clock],
  },
  {
    provide: KeyRotation,
    useFactory: (options: ResolvedAuthOptions, clock: Clock, host: Host) =>
      KeyRotation.start(
        options,
        clock,
        host.keySource,
        sightingsWithLegacy(host.storage.keySightings, options.accessToken.legacy),
      ),
    inject: [ResolvedAuthOptions, Clock, MODULE_OPTIONS_TOKEN],
  },
  {
    provide: Keyring,
    useFactory: (rotation: KeyRotation) => rotation.keyring,
    inject: [KeyRotation],
  },
  { provide: KeyLookup, useExisting: KeyRotation },
  // in the issuer, events and metrics report refusals
  { provide: RefusalLog, useFactory: () => undefined },
  {
    provide: RefreshSecrets,
    useFactory: loadRefreshSecrets,
    inject: [ResolvedAuthOptions, RefreshSecretsStore, Entropy],
  },
  {
    provide: DeviceIds,
    useFactory: (ring: RefreshSecrets, entropy: Entropy) =>
      new DeviceIds(() => ring.peppers.map(({ device }) => device), entropy),
    inject: [RefreshSecrets, Entropy],
  },
  {
    provide: ThrottleKeys,
    useFactory: (ring: RefreshSecrets) => new ThrottleKeys(() => ring.minting.device),
    inject: [RefreshSecrets],
  },
];

type NeededByApiKeys = [
  ...[Clock, UserDirectory, RevocationChecker, LoginThrottle, AuthEventPublisher],
  ResolvedAuthOptions,
];

/** Throws `configuration_invalid` if the directory cannot look up users by the configured identifier. */
function usersOf(host: Host, { identifier, tenants }: ResolvedAuthOptions): UserDirectory {
  const users = host.users ?? host.storage.users;
  if (!users)
    throw AuthError.configuration(
      'users',
      'is missing; give drizzleStorage(db, { users }) your table, or a UserDirectory of your own',
    );
  if (identifier.name !== 'email' && !users.findByIdentifier)
    throw AuthError.configuration(
      'identifier.name',
      `is ${identifier.name}, and the user directory has no findByIdentifier; give drizzleStorage the column as users.identifier, or write that method`,
    );
  if (users.tenants === 'none' && identifier.tenant)
    throw AuthError.configuration(
      'identifier.tenant',
      'is set, and the user directory keeps no tenants; give drizzleStorage the column as users.tenant',
    );
  if (users.tenants === 'none' && tenants)
    throw AuthError.configuration(
      'tenants',
      'is set, and the user directory keeps no tenants; give drizzleStorage the column as users.tenant',
    );
  if (users.tenants === 'kept' && !identifier.tenant)
    throw AuthError.configuration(
      'identifier.tenant',
      'is missing, and the user directory keeps users by tenant; say which tenant a request is about',
    );
  if (!host.accounts) return users;
  if (!users.accounts)
    throw AuthError.configuration(
      'accounts',
      'the user directory has no `accounts`; give drizzleStorage(db, { users }) the column emailVerified, or your own UserDirectory an AccountDirectory',
    );
  if (!host.storage.oneTimeTokens)
    throw AuthError.configuration(
      'accounts',
      'storage.oneTimeTokens is missing; drizzleStorage(db) has it, or give a OneTimeTokenStore of your own',
    );
  return users;
}
