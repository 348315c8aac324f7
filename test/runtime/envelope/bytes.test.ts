import { endPart, readUint, readerOf, writeBytes, writeLarge, writeUint, writerOf, written } from '../../../src/runtime/envelope/bytes';

describe('a writer', () => {
  test.each([
    [0, 1, [0]],
    [0x0478, 2, [4, 0x78]],
    [2 ** 32 - 1, 4, [255, 255, 255, 255]],
    [2 ** 53 - 1, 8, [0, 31, 255, 255, 255, 255, 255, 255]],
    [2 ** 32 - 1, 12, [0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255]],
  ])('writes %i in %i bytes, as a reader reads it', (value, length, bytes) => {
    const to = writerOf(length);
    writeUint(to, length, value);
    expect([...written(to)]).toEqual(bytes);
    expect(readUint(readerOf(written(to)), length)).toBe(value);
  });

  test('fills its room, and refuses what has no place in it instead of cutting it off', () => {
    const to = writerOf(3);
    writeBytes(to, Buffer.of(1, 2));
    expect(() => writeBytes(to, Buffer.of(3, 4))).toThrow(/out of bounds/);
    writeBytes(to, Buffer.of(3));
    expect([...written(to)]).toEqual([1, 2, 3]);
    expect(() => writeBytes(to, Buffer.of(4))).toThrow(/out of bounds/);
  });

  test('hands on what is large as it is, behind the part that came before it', () => {
    const parts: Buffer[] = [];
    const to = writerOf(4, 3, (part) => void parts.push(part));
    const [small, large] = [Buffer.of(1, 2), Buffer.of(3, 4, 5)];
    for (const bytes of [small, large, small]) writeLarge(to, bytes);
    endPart(to);
    endPart(to);
    expect(parts.map((part) => [...part])).toEqual([[1, 2], [3, 4, 5], [1, 2]]);
    expect(parts[1]).toBe(large);
  });
});
