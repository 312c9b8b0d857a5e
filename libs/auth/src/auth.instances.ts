import { Inject, Injectable, type InjectionToken, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AuthError } from './common/auth-error.js';
import { AUTH_INSTANCE, DEFAULT_INSTANCE } from './common/instance-token.js';
import { RevocationLedgerStore } from './storage/revocation-ledger.port.js';

/**
 * Each instance in an application has a name and tables of its own. With one name there would be two views of what is revoked, two counts of
 * each limit and one set of cookies; over the same tables each would take the other's refresh tokens and passkeys. So the boot stops.
 */
@Injectable()
export class AuthInstances implements OnModuleInit {
  constructor(
    private readonly modules: ModulesContainer,
    @Inject(AUTH_INSTANCE) name: string,
  ) {
    if (this.all<string>(AUTH_INSTANCE).filter((each) => each === name).length < 2) return;
    const which = name === DEFAULT_INSTANCE ? 'without a name' : `named '${name}'`;
    throw AuthError.configuration(
      'AuthModule',
      `two of this application are ${which}; call forRoot once, with isGlobal: true or importing its result wherever it is needed, or give each a name of its own`,
    );
  }

  /** Each pair is looked at once, by the later one: an instance that is alone asks nothing. */
  async onModuleInit(): Promise<void> {
    const at = this.all<AuthInstances>(AuthInstances).indexOf(this);
    if (at < 1) return;
    const ledgers = this.all<RevocationLedgerStore>(RevocationLedgerStore).slice(0, at + 1);
    const [own, ...others] = (await Promise.all(ledgers.map(identityOf))).reverse();
    const isShared = ledgers.indexOf(ledgers[at]) < at || (own !== undefined && others.includes(own));
    if (!isShared) return;
    throw AuthError.configuration(
      'storage',
      "two instances of this application are over the same tables, and each would take the other's refresh tokens and passkeys; give each tables of its own: drizzleStorage(db, { users, schema: createAuthSchema({ schema }) })",
    );
  }

  /** What each AuthModule of this application has under that token. */
  private all<T>(token: InjectionToken): (T | undefined)[] {
    return [...this.modules.values()]
      .filter(({ providers }) => providers.has(AUTH_INSTANCE))
      .map(({ providers }) => providers.get(token)?.instance as T | undefined);
  }
}

/** A database that is away says nothing, and stops no boot. */
async function identityOf(ledger: RevocationLedgerStore | undefined): Promise<string | undefined> {
  try {
    return await ledger?.identity();
  } catch (error) {
    if (error instanceof AuthError && error.reason === 'unavailable') return undefined;
    throw error;
  }
}
