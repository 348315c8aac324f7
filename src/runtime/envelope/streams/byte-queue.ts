const LEAST_BYTES = 64 * 1024;

/** Bytes that come in chunks of any size, and are read from the front in one piece. What was read is a view until the next `push`. */
export interface ByteQueue {
  push(chunk: Buffer): void;
  /** All that is there, from the front. */
  view(): Buffer;
  /** `length` bytes leave the front. */
  take(length: number): Buffer;
  /** Overwrites what was collected here. */
  clear(): void;
}

export function byteQueue(): ByteQueue {
  let bytes: Buffer = Buffer.alloc(0);
  let start = 0;
  let end = 0;
  // Whether `bytes` was made here; else it is a caller's chunk, which is only read.
  let own = false;

  const makeRoom = (length: number) => {
    if (own && start + length <= bytes.length) return;
    // Doubled, so that each byte is copied about once however small the chunks are.
    const roomy = own && length <= bytes.length ? bytes : Buffer.allocUnsafeSlow(Math.max(LEAST_BYTES, 2 * length));
    end = bytes.copy(roomy, 0, start, end);
    bytes = roomy;
    start = 0;
    own = true;
  };

  return {
    push(chunk) {
      const length = end - start + chunk.length;
      if (start === end && !own) {
        bytes = chunk;
        start = 0;
      } else {
        makeRoom(length);
        chunk.copy(bytes, end);
      }
      end = start + length;
    },
    view: () => bytes.subarray(start, end),
    take: (length) => bytes.subarray(start, start += length),
    clear() {
      if (own) bytes.fill(0);
      start = end;
    },
  };
}
