import { networkOf } from '../../common/address.js';

/**
 * Limits how many wait for something that a stranger may never do, from one address (IPv6 by /64) and in all. Beyond
 * that, the one that has waited longest must leave, from the same address first. An honest client needs only a
 * moment, so a flood does not keep it out.
 */
export class WaitingRoom {
  /** By network, each in the order of arrival; the networks are in the order of their latest change. */
  readonly #networks = new Map<string, Map<object, () => void>>();
  #size = 0;

  constructor(
    private readonly ofAnAddress: number,
    private readonly inAll: number,
  ) {}

  get size(): number {
    return this.#size;
  }

  /** `leave` is called when there is no more room for it, never after the returned function. */
  enter(ip: string | undefined, leave: () => void): () => void {
    const network = networkOf(ip);
    const room = this.#networks.get(network) ?? new Map<object, () => void>();
    const ticket = {};
    room.set(ticket, leave);
    this.#networks.delete(network);
    this.#networks.set(network, room);
    this.#size++;
    if (room.size > this.ofAnAddress) this.#turnOut(network, room);
    else if (this.#size > this.inAll) this.#turnOut(...this.#fullest());
    return () => this.#remove(network, room, ticket);
  }

  #remove(network: string, room: Map<object, () => void>, ticket: object): void {
    if (!room.delete(ticket)) return;
    this.#size--;
    if (room.size === 0 && this.#networks.get(network) === room) this.#networks.delete(network);
  }

  #turnOut(network: string, room: Map<object, () => void>): void {
    const [longest] = room;
    if (!longest) return;
    const [ticket, leave] = longest;
    this.#remove(network, room, ticket);
    leave();
  }

  #fullest(): [string, Map<object, () => void>] {
    return [...this.#networks].reduce((most, each) => (each[1].size > most[1].size ? each : most));
  }
}
