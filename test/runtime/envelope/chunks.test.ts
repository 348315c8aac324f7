import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { ChunkQueue, ChunkReader } from '../../../src/runtime/envelope/chunks';

const lengths = fc.array(fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 5000 })), { maxLength: 60 });

function inPieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  let offset = 0;
  return cuts.map((length) => bytes.subarray(offset, offset += length));
}

describe('a queue of chunks', () => {
  test('gives the bytes that came, whatever the chunks are and whatever is taken', () => {
    fc.assert(fc.property(lengths, lengths, (pushed, taken) => {
      const bytes = randomBytes(pushed.reduce((sum, length) => sum + length, 0));
      const queue = new ChunkQueue();
      const chunks = inPieces(bytes, pushed);
      let gone = 0;
      for (let turn = 0; turn < Math.max(pushed.length, taken.length); turn++) {
        if (turn < chunks.length) queue.push(chunks[turn]);
        const length = Math.min(taken[turn] ?? 0, queue.length);
        expect(Buffer.concat(queue.take(length)).equals(bytes.subarray(gone, gone + length))).toBe(true);
        gone += length;
      }
      expect(Buffer.concat(queue.take(queue.length)).equals(bytes.subarray(gone))).toBe(true);
      expect(queue.length).toBe(0);
    }));
  });

  test('copies no chunk of some length', () => {
    const queue = new ChunkQueue();
    const chunk = randomBytes(10_000);
    queue.push(chunk);
    const [first] = queue.take(4000);
    const [second] = queue.take(6000);
    for (const view of [first, second]) expect(view.buffer).toBe(chunk.buffer);
  });

  test('puts small chunks together, so that a million of them are no million views', () => {
    const queue = new ChunkQueue();
    for (let index = 0; index < 100_000; index++) queue.push(Buffer.of(index % 256));
    const views = queue.take(100_000);
    expect(views.length).toBeLessThan(5);
    expect(Buffer.concat(views).every((byte, index) => byte === index % 256)).toBe(true);
  });
});

describe('a reader of chunks', () => {
  test('reads the bytes that came, in one piece as soon as they are there', () => {
    fc.assert(fc.property(lengths, lengths, (pushed, wanted) => {
      const bytes = randomBytes(pushed.reduce((sum, length) => sum + length, 0));
      const reader = new ChunkReader();
      let [there, gone, turn] = [0, 0, 0];
      for (const chunk of inPieces(bytes, pushed)) {
        reader.push(chunk);
        there += chunk.length;
        for (; turn < wanted.length && wanted[turn] <= there - gone; turn++) {
          expect(reader.has(wanted[turn])).toBe(true);
          expect(reader.take(wanted[turn]).equals(bytes.subarray(gone, gone + wanted[turn]))).toBe(true);
          gone += wanted[turn];
        }
        if (turn < wanted.length) expect(reader.has(wanted[turn])).toBe(false);
      }
      if (there > gone) expect(() => reader.end()).toThrow(/not authentic/);
      else expect(() => reader.end()).not.toThrow();
    }));
  });
});
