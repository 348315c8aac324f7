/* eslint-disable no-bitwise -- the generator is made of them */
/** Looked up once: within the sandbox of a test a global costs more than the sum. */
const { floor, imul } = Math;

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** From 0 up to but not 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number below `bound`. */
  below(bound: number): number {
    return floor(this.next() * bound);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  hex(length: number): string {
    let digits = '';
    while (digits.length < length) digits += (floor(this.next() * 2 ** 28) + 2 ** 28).toString(16).slice(1);
    return digits.slice(0, length);
  }

  /** Version 4, by its shape. */
  uuid(): string {
    const digits = this.hex(31);
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(12, 15)}-${'89ab'[this.below(4)]}${digits.slice(15, 18)}-${digits.slice(18, 30)}`;
  }

  /** The letters and digits of IAM's ids. */
  id(prefix: string, length = 17): string {
    let id = prefix;
    while (id.length < prefix.length + length) id += BASE32[this.below(BASE32.length)];
    return id;
  }
}
