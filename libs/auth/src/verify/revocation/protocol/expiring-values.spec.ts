import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ExpiringValues } from './expiring-values.js';

const raise = fc.record({
  kind: fc.constant('raise' as const),
  id: fc.nat(9),
  value: fc.nat(9),
  life: fc.nat(50),
});
const pass = fc.record({ kind: fc.constant('pass' as const), seconds: fc.nat(30) });

describe('ExpiringValues', () => {
  it('only raises values and expiries, and removes only expired values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 6, arbitrary: raise }, pass), { maxLength: 80 }),
        (actions) => {
          const values = new ExpiringValues();
          const model = new Map<string, { value: number; expiry: number }>();
          let now = 1_700_000_000_000;
          for (const each of actions) {
            if (each.kind === 'raise') {
              const id = String(each.id);
              const known = model.get(id);
              const expiry = now / 1000 + each.life;
              expect(values.raise(id, each.value, expiry * 1000)).toBe(
                !known || each.value > known.value,
              );
              model.set(id, {
                value: Math.max(known?.value ?? 0, each.value),
                expiry: Math.max(known?.expiry ?? 0, expiry),
              });
            } else {
              now += each.seconds * 1000;
              // the sweep continues where the last one stopped
              values.sweep(now, 3);
              values.sweep(now, 100);
              for (const [id, { expiry }] of model) if (expiry < now / 1000) model.delete(id);
            }
            expect(values.size).toBe(model.size);
            for (let id = 0; id < 10; id++)
              expect(values.get(String(id))).toBe(model.get(String(id))?.value);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('checks a few ids at a time, and reaches all of them in turn', () => {
    const values = new ExpiringValues();
    for (let n = 0; n < 10_000; n++) values.raise(String(n), 0, n % 2 === 0 ? 1_000 : 9_000_000);
    values.sweep(5_000_000, 100);
    expect(values.size).toBe(9_950);
    for (let n = 0; n < 100; n++) values.sweep(5_000_000, 100);
    expect(values.size).toBe(5_000);
  });
});
