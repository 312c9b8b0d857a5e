import { describe, expect, it } from '@jest/globals';
import { HeartbeatClock } from './heartbeat-clock.js';
import { beat } from './heartbeats.fixture.js';

const at = (ms: number) => ({ mono: ms, wall: 1_700_000_000_000 + ms });
const C = beat('c', 'b', ['a']);

describe('the date of a heartbeat', () => {
  // T-rdc7
  it('is the time at which the read was sent that last found the head before its base', () => {
    const dating = new HeartbeatClock();
    dating.observe('tail', 1, 'a', at(100));
    dating.observe('tail', 1, 'a', at(200));
    expect(dating.date('tail', 1, C)).toEqual(at(200));
  });

  // T-g9xx
  it('is never the time at which its base was seen, because the snapshot may be older', () => {
    const dating = new HeartbeatClock();
    dating.observe('tail', 1, 'b', at(100));
    expect(dating.date('tail', 1, C)).toBeUndefined();
  });

  it('does not use what another connection has seen', () => {
    const dating = new HeartbeatClock();
    dating.observe('tail', 1, 'a', at(100));
    expect(dating.date('tail', 2, C)).toBeUndefined();
    expect(dating.date('ask', 1, C)).toBeUndefined();
  });

  it('ignores the first sighting of a head that comes back, because its history was rolled back', () => {
    const dating = new HeartbeatClock();
    dating.observe('tail', 1, 'a', at(100));
    dating.observe('tail', 1, 'x', at(200));
    dating.observe('tail', 1, 'a', at(300));
    expect(dating.date('tail', 1, beat('y', 'x2', ['x']))).toBeUndefined();
    expect(dating.date('tail', 1, C)).toEqual(at(300));
  });

  it('is not advanced by a part of a fill beyond what its base proves', () => {
    const dating = new HeartbeatClock();
    dating.observe('tail', 1, 'a', at(100));
    expect(dating.date('tail', 1, beat('p', 'b', ['a'], { kind: 'part' }))).toBeUndefined();
    expect(dating.date('tail', 1, C)).toEqual(at(100));
    expect(dating.date('tail', 1, beat('q', 'c', ['b', 'a'], { kind: 'part' }))).toEqual(at(100));
  });

  it('keeps what it knows of earlier heads while one head stays', () => {
    const dating = new HeartbeatClock();
    dating.observe('tail', 1, 'a', at(100));
    dating.observe('tail', 1, 'b', at(200));
    dating.observe('tail', 1, 'b', at(300));
    expect(dating.date('tail', 1, C)).toEqual(at(100));
  });

  it.each([
    ['63 heads later is still known', 63, at(0)],
    ['64 heads later is forgotten', 64, undefined],
  ])('a head that was seen %s', (_when, later, expected) => {
    const dating = new HeartbeatClock();
    for (let seen = 0; seen <= later; seen++) dating.observe('tail', 1, `head ${seen}`, at(seen));
    expect(dating.date('tail', 1, beat('y', 'x', ['head 0']))).toEqual(expected);
  });
});
