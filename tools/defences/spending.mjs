import { defence } from './defence.mjs';

/** What works once is spent together with what it was presented for; and what several modules of a process share. */
export const SPENDING = [
  defence(
    'second factors',
    'an outage at a reauthentication spends no code',
    'issue/factors/credential-proof.service.ts',
    'const result = await use({ ...candidate, amr: right.amr, spend });',
    'await spend();\n      const result = await use({ ...candidate, amr: right.amr });',
    'T-r4vc',
  ),
  defence(
    'second factors',
    'a repeated reauthentication is answered before its code is spent again',
    'testing/memory-session.store.ts',
    "if (order === 'first') await alongside.work?.(tx);",
    'await alongside.work?.(tx);',
    'T-k8sq',
  ),
  defence(
    'storage',
    'a sign-in locks the user before what it spends',
    'drizzle/alongside.ts',
    "const { what, deadlineMs, alongside, order = 'first' } = occasion;",
    "const { what, deadlineMs, alongside } = occasion;\n  const order = 'first' as Occasion['order'];",
    'T-x3zr',
  ),
  defence(
    'accounts',
    'a hook of the host that fails spends no link of an unproven account',
    'issue/flows/magic-link-login.flow.ts',
    'if (isClaim) await this.signIn.rehearse(step, client);',
    '',
    'T-m5hk',
  ),
  defence(
    'revocation',
    'every store on a pool learns the newest timeline',
    'drizzle/histories.ts',
    'byPool.get(pool) ?? new Histories()',
    'new Histories()',
    'T-c7rg',
  ),
  defence(
    'revocation',
    'a module reads its whole ledger while another one still knows a former ledger',
    'drizzle/drizzle-revocation-ledger.store.ts',
    'known.every((each) => each.ledger !== ledger)',
    'known.some((each) => each.ledger !== ledger)',
    'T-c7rj',
  ),
  defence(
    'routes',
    'a sign-out does not ignore a body that nothing has read',
    'issue/routes/json-body.ts',
    'if (mayBeUnread && request instanceof Readable',
    'if (!mayBeUnread && request instanceof Readable',
    'T-w6ch',
    { built: true },
  ),
];
