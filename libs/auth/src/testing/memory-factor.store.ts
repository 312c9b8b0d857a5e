import { counts, type NewTotp, type PasskeyFactor } from '../storage/factor.js';
import {
  type FactorAct,
  type FactorChange,
  type FactorChangeOutcome,
  type Factors,
  FactorStore,
} from '../storage/factor-store.port.js';
import type { HostTransaction } from '../storage/sql-transaction.port.js';
import { changeCredentials } from './memory-credential-change.js';
import {
  asMemoryTransaction,
  type FactorRow,
  type MemoryDatabase,
  type MemoryTransaction,
} from './memory-database.js';

/** `FactorStore` in the memory of one process, for tests. */
export class MemoryFactorStore extends FactorStore {
  constructor(private readonly database: MemoryDatabase) {
    super();
  }

  of(subject: string): Promise<Factors> {
    return this.database.transaction(() => ({
      all: this.rowsOf(subject),
      recoveryCodesLeft: [...this.database.recoveryCodes.values()].filter(
        (owner) => owner === subject,
      ).length,
      state: this.database.subject(subject),
    }));
  }

  async findPasskey(credentialId: string): Promise<PasskeyFactor | undefined> {
    return [...this.database.factors.values()].find(
      (row) => row.kind === 'passkey' && row.credentialId === credentialId,
    ) as PasskeyFactor | undefined;
  }

  propose(totp: NewTotp): Promise<void> {
    return this.database.transaction((tx) => {
      for (const row of this.rowsOf(totp.subject))
        if (!counts(row)) tx.remove(this.database.factors, row.id);
      tx.put(this.database.factors, totp.id, { ...totp, createdAt: this.now, confirmed: false });
    });
  }

  change(change: FactorChange): Promise<FactorChangeOutcome> {
    return changeCredentials(this.database, change, (tx) =>
      this.act(tx, change.subject, change.act),
    );
  }

  useStep(id: string, step: number, tx?: HostTransaction): Promise<boolean> {
    const used = (row: FactorRow) => {
      if (row.kind !== 'totp' || !row.confirmed || (row.lastStep ?? -1) >= step) return undefined;
      return { ...row, lastStep: step, lastUsedAt: this.now };
    };
    return this.update(id, used, tx);
  }

  usePasskey(
    id: string,
    use: { readonly counter: number; readonly backedUp: boolean },
  ): Promise<boolean> {
    return this.update(id, (row) => {
      if (row.kind !== 'passkey') return undefined;
      const counted = row.counter < use.counter || (row.counter === 0 && use.counter === 0);
      return counted ? { ...row, ...use, lastUsedAt: this.now } : undefined;
    });
  }

  async hasRecoveryCode(subject: string, hash: Buffer): Promise<boolean> {
    return this.database.recoveryCodes.get(hash.toString('hex')) === subject;
  }

  useRecoveryCode(subject: string, hash: Buffer, given?: HostTransaction): Promise<boolean> {
    return this.within(given, (tx) => {
      const key = hash.toString('hex');
      if (this.database.recoveryCodes.get(key) !== subject) return false;
      tx.remove(this.database.recoveryCodes, key);
      return true;
    });
  }

  async reseal(id: string, from: Buffer, to: Buffer): Promise<void> {
    await this.update(id, (row) =>
      row.kind === 'totp' && row.sealedSecret.equals(from)
        ? { ...row, sealedSecret: to }
        : undefined,
    );
  }

  private act(tx: MemoryTransaction, subject: string, act: FactorAct): boolean {
    const { factors } = this.database;
    switch (act.kind) {
      case 'totp_added': {
        const row = factors.get(act.id);
        if (row?.kind !== 'totp' || row.subject !== subject || row.confirmed) return false;
        tx.put(factors, row.id, {
          ...row,
          confirmed: true,
          lastStep: act.step,
          lastUsedAt: this.now,
        });
        if (act.codes) this.replaceCodes(tx, subject, act.codes);
        return true;
      }
      case 'passkey_added': {
        const { passkey } = act;
        const taken = [...factors.values()].some(
          (row) => row.kind === 'passkey' && row.credentialId === passkey.credentialId,
        );
        if (!taken) tx.put(factors, passkey.id, { ...passkey, createdAt: this.now });
        return !taken;
      }
      case 'removed': {
        if (factors.get(act.id)?.subject !== subject) return false;
        tx.remove(factors, act.id);
        if (!this.rowsOf(subject).some(counts)) this.replaceCodes(tx, subject, []);
        return true;
      }
      case 'recovery_codes_renewed':
        this.replaceCodes(tx, subject, act.codes);
        return true;
    }
  }

  private replaceCodes(tx: MemoryTransaction, subject: string, codes: readonly Buffer[]): void {
    const { recoveryCodes } = this.database;
    for (const [hash, owner] of recoveryCodes)
      if (owner === subject) tx.remove(recoveryCodes, hash);
    for (const hash of codes) tx.put(recoveryCodes, hash.toString('hex'), subject);
  }

  private update(
    id: string,
    next: (row: FactorRow) => FactorRow | undefined,
    given?: HostTransaction,
  ): Promise<boolean> {
    return this.within(given, (tx) => {
      const row = this.database.factors.get(id);
      const updated = row && next(row);
      if (updated) tx.put(this.database.factors, id, updated);
      return updated !== undefined;
    });
  }

  private async within(
    given: HostTransaction | undefined,
    use: (tx: MemoryTransaction) => boolean,
  ): Promise<boolean> {
    return given ? use(asMemoryTransaction(given)) : this.database.transaction(use);
  }

  private rowsOf(subject: string): FactorRow[] {
    return [...this.database.factors.values()].filter((row) => row.subject === subject);
  }

  private get now(): Date {
    return new Date(this.database.clock.now());
  }
}
