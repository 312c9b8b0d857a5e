import type { HostTransaction } from '../storage/sql-transaction.port.js';
import {
  type Identity,
  type IdentityAct,
  type IdentityChange,
  type IdentityChangeOutcome,
  type IdentityKey,
  IdentityStore,
} from '../storage/identity-store.port.js';
import type { ProviderSession, ProviderSessionEnd } from '../storage/session.js';
import type { Ended } from '../storage/session-store.port.js';
import type { StoreChange } from '../storage/store-change.js';
import { identitiesForgotten } from '../storage/store-events.js';
import { changeCredentials } from './memory-credential-change.js';
import {
  asMemoryTransaction,
  type MemoryDatabase,
  type MemoryTransaction,
} from './memory-database.js';
import { endingsOf, MemoryEndings } from './memory-session-endings.js';

/** `IdentityStore` in the memory of one process, for tests. */
export class MemoryIdentityStore extends IdentityStore {
  constructor(private readonly database: MemoryDatabase) {
    super();
  }

  async find(key: IdentityKey): Promise<Identity | undefined> {
    return this.database.identities.get(nameOf(key));
  }

  async of(subject: string): Promise<readonly Identity[]> {
    return [...this.database.identities.values()].filter((each) => each.subject === subject);
  }

  endSessions(at: ProviderSessionEnd): Promise<Ended> {
    return this.database.transaction((tx) => {
      const alive = [...this.database.sessions.values()].filter(
        ({ endedAtMs }) => endedAtMs === null,
      );
      const ended = alive.filter(({ provider }) => provider && cameFrom(provider, at));
      const endings = new MemoryEndings(this.database, tx);
      const entries = endings.end(ended, 'provider_logout');
      const people = new Set(ended.map(({ subject }) => subject));
      endings.endActing(({ actor }) => actor !== null && people.has(actor.id));
      const events = endingsOf(ended, 'provider_logout');
      return endings.whole({ sessions: ended.length, entries, events });
    });
  }

  change(change: IdentityChange): Promise<IdentityChangeOutcome> {
    return changeCredentials(this.database, change, (tx) =>
      this.act(tx, change.subject, change.act),
    );
  }

  async removeUnproven(subject: string, tx?: HostTransaction): Promise<StoreChange> {
    const remove = (own: MemoryTransaction): StoreChange => {
      const count = this.remove(own, subject, ({ proven }) => !proven);
      return { entries: [], events: identitiesForgotten(subject, count) };
    };
    return tx ? remove(asMemoryTransaction(tx)) : this.database.transaction(remove);
  }

  private act(tx: MemoryTransaction, subject: string, act: IdentityAct): boolean {
    const { identities, clock } = this.database;
    if (act.kind === 'identity_unlinked')
      return this.remove(tx, subject, ({ issuer }) => issuer === act.issuer) > 0;
    const name = nameOf(act.identity);
    if (identities.has(name)) return false;
    tx.put(identities, name, { ...act.identity, subject, linkedAt: new Date(clock.now()) });
    return true;
  }

  private remove(
    tx: MemoryTransaction,
    subject: string,
    which: (each: Identity) => boolean,
  ): number {
    const { identities } = this.database;
    const gone = [...identities].filter(([, each]) => each.subject === subject && which(each));
    for (const [name] of gone) tx.remove(identities, name);
    return gone.length;
  }
}

function cameFrom(
  from: ProviderSession,
  { issuer, issuerSubject, sid }: ProviderSessionEnd,
): boolean {
  if (from.issuer !== issuer) return false;
  if (issuerSubject === undefined) return sid !== undefined && from.sid === sid;
  const ofSession = sid === undefined || from.sid === undefined || from.sid === sid;
  return from.issuerSubject === issuerSubject && ofSession;
}

function nameOf({ issuer, issuerSubject }: IdentityKey): string {
  return JSON.stringify([issuer, issuerSubject]);
}
