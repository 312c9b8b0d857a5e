/** Canonical lower-case UUIDs pack into 128 bits without loss; every other text stays text. */
const HEX = new Int8Array(128).fill(-1);
for (let i = 0; i < 16; i++) HEX['0123456789abcdef'.charCodeAt(i)] = i;
const DASH = 0x2d;

const LANES = 6; // four of key, expiry in seconds (0: empty slot), value
const MIN_SLOTS = 256;
const LATEST = 0xffff_ffff;
const NONE = -1;

/** The words of the last packed UUID: the hot path allocates nothing. */
const word = new Uint32Array(4);

function digits(id: string, from: number, to: number): number {
  let bits = 0;
  for (let i = from; i < to; i++) {
    const code = id.charCodeAt(i);
    const digit = code < 128 ? (HEX[code] as number) : -1;
    if (digit < 0) return NONE;
    bits = (bits << 4) | digit;
  }
  return bits >>> 0;
}

/** True when `word` now holds the id. */
function pack(id: string): boolean {
  if (id.length !== 36) return false;
  if (id.charCodeAt(8) !== DASH || id.charCodeAt(13) !== DASH || id.charCodeAt(18) !== DASH) return false;
  if (id.charCodeAt(23) !== DASH) return false;
  const a = digits(id, 0, 8);
  const b = digits(id, 9, 13);
  const c = digits(id, 14, 18);
  const d = digits(id, 19, 23);
  const e = digits(id, 24, 28);
  const f = digits(id, 28, 36);
  if (a < 0 || b < 0 || c < 0 || d < 0 || e < 0 || f < 0) return false;
  word[0] = a;
  word[1] = (b << 16) | c;
  word[2] = (d << 16) | e;
  word[3] = f;
  return true;
}

function unpack(lanes: Uint32Array, base: number): string {
  let hex = '';
  for (let i = 0; i < 4; i++) hex += (lanes[base + i] as number).toString(16).padStart(8, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/**
 * Ids with an expiry and a 32-bit value of which the greatest wins. UUIDs take 24 bytes a slot in one typed array (open addressing, linear
 * probing, deletion by shifting back), other ids a Map. A million UUIDs fit in 48 MB; tried against a plain Map in the spec.
 */
export class IdTable {
  #lanes = new Uint32Array(MIN_SLOTS * LANES);
  #mask = MIN_SLOTS - 1;
  #packed = 0;
  #sweepAt = 0;
  readonly #others = new Map<string, { value: number; expiry: number }>();
  #othersSweep = this.#others.entries();

  constructor(private readonly seed: number) {}

  get size(): number {
    return this.#packed + this.#others.size;
  }

  /** The value, or -1 when the id is not there. */
  get(id: string): number {
    if (this.#packed > 0 && pack(id)) {
      const base = this.#find();
      return this.#lanes[base + 4] === 0 ? -1 : (this.#lanes[base + 5] as number);
    }
    return this.#others.size === 0 ? -1 : (this.#others.get(id)?.value ?? -1);
  }

  /** Raises value and expiry, never lowers them. Returns whether the value is news. */
  raise(id: string, value: number, expiresAt: number): boolean {
    const expiry = Math.min(Math.max(Math.ceil(expiresAt / 1000), 1), LATEST);
    if (!pack(id)) {
      const known = this.#others.get(id);
      this.#others.set(id, {
        value: Math.max(known?.value ?? 0, value),
        expiry: Math.max(known?.expiry ?? 0, expiry),
      });
      return known === undefined || value > known.value;
    }
    if (this.#packed * 4 >= (this.#mask + 1) * 3) {
      this.#resize((this.#mask + 1) * 2);
      pack(id);
    }
    const base = this.#find();
    const lanes = this.#lanes;
    const knownExpiry = lanes[base + 4] as number;
    const knownValue = lanes[base + 5] as number;
    if (knownExpiry === 0) {
      lanes.set(word, base);
      this.#packed++;
    }
    lanes[base + 4] = Math.max(knownExpiry, expiry);
    lanes[base + 5] = knownExpiry === 0 ? value : Math.max(knownValue, value);
    return knownExpiry === 0 || value > knownValue;
  }

  /** Looks at up to `slots` slots, going round, and drops what has expired. */
  sweep(now: number, slots: number): void {
    const seconds = Math.floor(now / 1000);
    for (let i = 0; i < slots && this.#packed > 0; i++) {
      const expiry = this.#lanes[this.#sweepAt * LANES + 4] as number;
      // A shifted neighbour may have taken the slot: it is looked at again.
      if (expiry !== 0 && expiry < seconds) this.#remove(this.#sweepAt);
      else this.#sweepAt = (this.#sweepAt + 1) & this.#mask;
    }
    for (let i = 0; i < slots && this.#others.size > 0; i++) {
      const next = this.#othersSweep.next();
      if (next.done === true) {
        this.#othersSweep = this.#others.entries();
        break;
      }
      if (next.value[1].expiry < seconds) this.#others.delete(next.value[0]);
    }
    if (this.#mask + 1 > MIN_SLOTS && this.#packed * 8 < this.#mask + 1) this.#resize((this.#mask + 1) / 2);
  }

  *ids(): IterableIterator<string> {
    for (let slot = 0; slot <= this.#mask; slot++) {
      if (this.#lanes[slot * LANES + 4] !== 0) yield unpack(this.#lanes, slot * LANES);
    }
    yield* this.#others.keys();
  }

  /** Offset of the packed id's slot, or of the empty slot where it belongs. */
  #find(): number {
    const lanes = this.#lanes;
    const a = word[0] as number;
    const b = word[1] as number;
    const c = word[2] as number;
    const d = word[3] as number;
    let slot = this.#home(a, b, c, d);
    for (;;) {
      const base = slot * LANES;
      if (lanes[base + 4] === 0) return base;
      if (lanes[base] === a && lanes[base + 1] === b && lanes[base + 2] === c && lanes[base + 3] === d)
        return base;
      slot = (slot + 1) & this.#mask;
    }
  }

  #home(a: number, b: number, c: number, d: number): number {
    let h = Math.imul(a ^ this.seed, 0x9e3779b1);
    h = Math.imul(h ^ (h >>> 15) ^ b, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13) ^ c, 0xc2b2ae35);
    h = Math.imul(h ^ (h >>> 16) ^ d, 0x27d4eb2f);
    return (h ^ (h >>> 15)) & this.#mask;
  }

  #homeAt(slot: number): number {
    const base = slot * LANES;
    const lanes = this.#lanes;
    return this.#home(
      lanes[base] as number,
      lanes[base + 1] as number,
      lanes[base + 2] as number,
      lanes[base + 3] as number,
    );
  }

  #remove(slot: number): void {
    let hole = slot;
    for (
      let next = (hole + 1) & this.#mask;
      this.#lanes[next * LANES + 4] !== 0;
      next = (next + 1) & this.#mask
    ) {
      // It may move into the hole only if the hole lies between its home and where it is.
      if (((next - this.#homeAt(next)) & this.#mask) < ((next - hole) & this.#mask)) continue;
      this.#lanes.copyWithin(hole * LANES, next * LANES, (next + 1) * LANES);
      hole = next;
    }
    this.#lanes.fill(0, hole * LANES, (hole + 1) * LANES);
    this.#packed--;
  }

  #resize(slots: number): void {
    const old = this.#lanes;
    this.#lanes = new Uint32Array(slots * LANES);
    this.#mask = slots - 1;
    this.#sweepAt = 0;
    for (let base = 0; base < old.length; base += LANES) {
      if (old[base + 4] === 0) continue;
      word.set(old.subarray(base, base + 4));
      this.#lanes.set(old.subarray(base, base + LANES), this.#find());
    }
  }
}
