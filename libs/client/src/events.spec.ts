import { afterEach, expect, it, jest } from '@jest/globals';
import { emitter } from './events.js';

const { reportError } = globalThis;
afterEach(() => {
  globalThis.reportError = reportError;
  jest.restoreAllMocks();
});

it('a listener that was added twice is called twice, and removed one at a time', () => {
  const { on, emitEvent } = emitter();
  let count = 0;
  const listener = () => void count++;
  const [stop] = [on('refreshed', listener), on('refreshed', listener)];
  emitEvent('refreshed');
  stop();
  emitEvent('refreshed');
  expect(count).toBe(3);
});

it('a listener that subscribes anew in its own call is called once for each event', () => {
  const { on, emitEvent } = emitter();
  let count = 0;
  function again() {
    count += 1;
    stop();
    if (count < 100) stop = on('refreshed', again);
  }
  let stop = on('refreshed', again);
  emitEvent('refreshed');
  expect(count).toBe(1);
  emitEvent('refreshed');
  expect(count).toBe(2);
});

it('a listener that another one removed is not called for the same event', () => {
  const { on, emitEvent } = emitter();
  const called: string[] = [];
  on('signedIn', () => {
    called.push('first');
    stop();
  });
  const stop = on('signedIn', () => void called.push('second'));
  emitEvent('signedIn');
  expect(called).toEqual(['first']);
});

it.each<[string, (report: typeof reportError) => void]>([
  ['reported', (report) => (globalThis.reportError = report)],
  [
    'printed where nothing reports (Node, React Native)',
    (report) => {
      Object.assign(globalThis, { reportError: undefined });
      jest.spyOn(console, 'error').mockImplementation(report);
    },
  ],
])('what a listener throws is %s, and the other listeners are called', (_, listen) => {
  const told: unknown[] = [];
  listen((error) => void told.push(error));
  const { on, emitEvent } = emitter();
  const mistake = new Error('a mistake of the page');
  on('refreshed', () => {
    throw mistake;
  });
  on('refreshed', () => void told.push('next'));
  emitEvent('refreshed');
  expect(told).toEqual([mistake, 'next']);
});
