/* eslint-disable no-bitwise -- hashing is made of them */
/**
 * Which event ids were seen, by 64 bits that all of each id goes into, in 16 to 32 bytes. CloudTrail's ids are random UUIDs: two of ten million that differ have
 * the same bits with a probability below one in ten thousand. Ids that are counted up, as in records that somebody made, differ in theirs.
 *
 * Ids are kept by the hour of their event, which is the same in every copy of a record, so that hours can be forgotten.
 */
export class SeenEvents {
  private readonly hours = new Map<number, IdSet>();

  /** @returns whether it is new */
  add(id: string, second: number): boolean {
    const hour = Math.floor(second / 3600);
    let ids = this.hours.get(hour);
    if (!ids) this.hours.set(hour, ids = new IdSet());
    return ids.add(id);
  }

  /** Lets hours go that were over by then: a copy that comes later than that is not known again. */
  forgetBefore(second: number): void {
    const hour = Math.floor(second / 3600);
    for (const known of this.hours.keys()) if (known < hour) this.hours.delete(known);
  }
}

/** A hash table with open addressing, of pairs of 32 bits. */
class IdSet {
  private table = new Uint32Array(2 * 64);
  private size = 0;

  add(id: string): boolean {
    const [high, low] = bitsOf(id);
    return !this.place(high, low);
  }

  /** @returns whether it was there already */
  private place(high: number, low: number): boolean {
    const slots = this.table.length / 2;
    for (let slot = (high + imul(low, MIX)) & (slots - 1), tries = 0; tries < slots; slot = (slot + 1) & (slots - 1), tries++) {
      const [knownHigh, knownLow] = [this.table[2 * slot], this.table[2 * slot + 1]];
      if (knownHigh === high && knownLow === low) return true;
      if (knownHigh === 0 && knownLow === 0) {
        this.table[2 * slot] = high;
        this.table[2 * slot + 1] = low;
        if (++this.size > slots / 2) this.grow();
        return false;
      }
    }
    throw new Error('a hash table without a free slot: it grows when half of it is full');
  }

  private grow(): void {
    const old = this.table;
    this.table = new Uint32Array(old.length * 2);
    this.size = 0;
    for (let at = 0; at < old.length; at += 2) if (old[at] || old[at + 1]) this.place(old[at], old[at + 1]);
  }
}

/** Every id takes some: looking a global up each time costs as much again. */
const { imul } = Math;

/** Odd, so that multiplication loses nothing of 32 bits: 2 ** 32 by the golden ratio. */
const MIX = 0x9e3779b1;

/** Never two zeros: they mark a free slot. Ids that differ in one half alone have other bits for certain. */
function bitsOf(id: string): [number, number] {
  const [first, second] = [hexAt(id, 0, 8), hexAt(id, 9, 13) * 2 ** 16 + hexAt(id, 14, 18)];
  const [third, fourth] = [hexAt(id, 19, 23) * 2 ** 16 + hexAt(id, 24, 28), hexAt(id, 28, 36)];
  const isUuid = id.length === 36 && !Number.isNaN(first + second + third + fourth);
  const halves = [(first ^ imul(third, MIX)) >>> 0, (second ^ imul(fourth, MIX)) >>> 0];
  const [one, other] = isUuid ? halves : [hashed(id, 0x811c9dc5), hashed(id, 0x9747b28c)];
  return one === 0 && other === 0 ? [0, 1] : [one, other];
}

/** What a character is as a digit of CloudTrail's ids; 255 for others. Those beyond ASCII are undefined. */
const DIGITS = new Uint8Array(128).fill(255);
for (const [at, digit] of [...'0123456789abcdef'].entries()) DIGITS[digit.charCodeAt(0)] = at;

/** The number that some hexadecimal digits of a text are; NaN if they are none. */
function hexAt(id: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = DIGITS[id.charCodeAt(at)];
    if (!(digit < 16)) return NaN;
    value = value * 16 + digit;
  }
  return value;
}

/** FNV-1a. */
function hashed(textual: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < textual.length; at++) hash = imul(hash ^ textual.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
