/**
 * Which event ids were seen, by the first 64 bits of each, in 16 to 32 bytes. CloudTrail's ids are random UUIDs: 60 of those bits are random, so that two of ten
 * million ids that differ begin alike with a probability below one in ten thousand.
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
    for (let slot = high & (slots - 1), tries = 0; tries < slots; slot = (slot + 1) & (slots - 1), tries++) {
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

const UUID_START = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-/i;

/** Never two zeros: they mark a free slot. */
function bitsOf(id: string): [number, number] {
  const [high, low] = UUID_START.test(id)
    ? [parseInt(id.slice(0, 8), 16), parseInt(id.slice(9, 13) + id.slice(14, 18), 16)]
    : [hashed(id, 0x811c9dc5), hashed(id, 0x9747b28c)];
  return high === 0 && low === 0 ? [0, 1] : [high, low];
}

/** FNV-1a. */
function hashed(textual: string, seed: number): number {
  let hash = seed;
  for (let at = 0; at < textual.length; at++) hash = Math.imul(hash ^ textual.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
