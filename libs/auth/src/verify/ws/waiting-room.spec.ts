import { describe, expect, it } from '@jest/globals';
import { WaitingRoom } from './waiting-room.js';

function watched(ofAnAddress: number, inAll: number) {
  const room = new WaitingRoom(ofAnAddress, inAll);
  const left: string[] = [];
  return {
    room,
    left,
    enter: (ip: string, name: string) => room.enter(ip, () => void left.push(name)),
  };
}

describe('WaitingRoom', () => {
  it('evicts the longest waiting connection of an address that is full, and none of another', () => {
    const { room, left, enter } = watched(2, 100);
    enter('192.0.2.9', 'other');
    for (const name of ['a', 'b', 'c', 'd']) enter('192.0.2.1', name);
    expect(left).toEqual(['a', 'b']);
    expect(room.size).toBe(3);
  });

  it('counts a /64 of IPv6 as one address', () => {
    const { left, enter } = watched(2, 100);
    for (const n of [1, 2, 3]) enter(`2001:db8::${String(n)}`, `v6 ${String(n)}`);
    expect(left).toEqual(['v6 1']);
  });

  it('evicts a connection of the address that has most when it is full', () => {
    const { room, left, enter } = watched(3, 4);
    enter('192.0.2.9', 'alone');
    for (const name of ['a', 'b', 'c']) enter('192.0.2.1', name);
    enter('192.0.2.8', 'next');
    expect(left).toEqual(['a']);
    expect(room.size).toBe(4);
  });

  it('forgets a connection that closed by itself, once', () => {
    const { room, left, enter } = watched(1, 100);
    const leave = enter('192.0.2.1', 'a');
    leave();
    leave();
    enter('192.0.2.1', 'b');
    expect(left).toEqual([]);
    expect(room.size).toBe(1);
  });
});
