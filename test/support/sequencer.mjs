import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sequencer from '@jest/test-sequencer';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The longest files, so that none of them starts last. The fault suites wait more than they compute, so they are spread out. */
export const FIRST = [
  'test/consumers.e2e.ts',
  'test/revocation-faults-redis.e2e.ts',
  'test/races.e2e.ts',
  'test/page-accounts.e2e.ts',
  'test/pool-outage.e2e.ts',
  'test/page.e2e.ts',
  'test/revocation-faults-topologies.e2e.ts',
  'test/cli.e2e.ts',
  'test/revocation-faults-postgres.e2e.ts',
  'test/docs.spec.ts',
  'test/revocation-faults-processes.e2e.ts',
  'test/api.spec.ts',
  'test/keys.e2e.ts',
  'test/packages.e2e.ts',
  'test/revocation-faults-shared.e2e.ts',
  'test/browser.e2e.ts',
  'test/hot-path.e2e.ts',
  'test/drizzle-kit.e2e.ts',
  'test/keys-runbook.e2e.ts',
  'test/stop.e2e.ts',
  'test/host-transactions-kills.e2e.ts',
  'test/histories.e2e.ts',
  'test/orders.e2e.ts',
  'test/examples.e2e.ts',
  'test/throttle.e2e.ts',
  'test/dpop-processes.e2e.ts',
  'test/hosts/open-handles.e2e.ts',
  'test/hosts/prefix.e2e.ts',
  'test/hosts/proxies.e2e.ts',
  'tools/embedded-postgres/embedded-postgres.spec.ts',
  'test/support/demo.spec.ts',
  'test/hosts/redis.e2e.ts',
  'libs/auth/src/verify/revocation/protocol/protocol.spec.ts',
  'libs/auth/src/testing/conformance.spec.ts',
];

/** Sorts these files first, and the rest in jest's order. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const at = FIRST.indexOf(relative(ROOT, path).replaceAll(sep, '/'));
      return at < 0 ? FIRST.length : at;
    };
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
}
