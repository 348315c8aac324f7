/* eslint-disable no-bitwise -- the generator is made of them */
/** Looked up once: within the sandbox of a test a global costs more than the sum. */
const { floor, imul } = Math;

/** Four hexadecimal digits for each of 16 bits. */
const HALVES = Array.from({ length: 2 ** 16 }, (_, bits) => bits.toString(16).padStart(4, '0'));

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
    while (digits.length < length) digits += this.word();
    return digits.slice(0, length);
  }

  /** Version 4, by its shape. Every record has two: four words make one. */
  uuid(): string {
    const [first, second, third, fourth] = [this.word(), this.word(), this.word(), this.word()];
    return `${first}-${second.slice(0, 4)}-4${second.slice(5)}-${'89ab'[this.state & 3]}${third.slice(1, 4)}-${third.slice(4)}${fourth}`;
  }

  /** Eight hexadecimal digits. */
  private word(): string {
    const bits = floor(this.next() * 2 ** 32);
    return HALVES[bits >>> 16] + HALVES[bits & 0xffff];
  }

  /** The letters and digits of IAM's ids. */
  id(prefix: string, length = 17): string {
    let id = prefix;
    while (id.length < prefix.length + length) id += BASE32[this.below(BASE32.length)];
    return id;
  }
}
