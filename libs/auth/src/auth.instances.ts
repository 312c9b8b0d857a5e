import { Inject, Injectable, type InjectionToken, Logger, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AuthError } from './common/auth-error.js';
import { AUTH_INSTANCE, DEFAULT_INSTANCE } from './common/instance-token.js';
import { ResolvedAuthOptions } from './options/resolved-options.js';
import { RevocationLedgerStore } from './storage/revocation-ledger.port.js';

/**
 * Two instances of one name and issuer would have two revocation views and two counters for one sign-in, so the boot
 * stops. Two instances over the same tables accept each other's refresh tokens and passkeys, so the log warns.
 */
@Injectable()
export class AuthInstances implements OnModuleInit {
  private readonly logger = new Logger('Tokenward');

  constructor(
    private readonly modules: ModulesContainer,
    @Inject(AUTH_INSTANCE) private readonly name: string,
    private readonly options: ResolvedAuthOptions,
  ) {}

  /** Each pair is looked at once, by the later one: an instance that is alone asks nothing. */
  async onModuleInit(): Promise<void> {
    const at = this.all<AuthInstances>(AuthInstances).indexOf(this);
    if (at < 1) return;
    this.refuseAnotherLikeThis(at);
    const ledgers = this.all<RevocationLedgerStore>(RevocationLedgerStore).slice(0, at + 1);
    const [own, ...others] = (await Promise.all(ledgers.map(identityOf))).reverse();
    const isShared =
      ledgers.indexOf(ledgers[at]) < at || (own !== undefined && others.includes(own));
    if (isShared)
      this.logger.warn(
        "two instances of AuthModule use the same tables, and each accepts the other's refresh tokens and passkeys; give each its own tables: drizzleStorage(db, { users, schema: createAuthSchema({ schema }) })",
      );
  }

  private refuseAnotherLikeThis(at: number): void {
    const earlier = this.all<AuthInstances>(AuthInstances).slice(0, at);
    const isLikeThis = (each: AuthInstances | undefined): boolean =>
      each?.name === this.name && each.options.issuer === this.options.issuer;
    if (!earlier.some(isLikeThis)) return;
    const which = this.name === DEFAULT_INSTANCE ? 'without a name' : `named '${this.name}'`;
    throw AuthError.configuration(
      'AuthModule',
      `this application has two that are ${which} and have the same issuer; call forRoot once, with isGlobal: true or importing its result wherever it is needed, or give each a name of its own`,
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
