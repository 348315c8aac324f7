/** One direction of a stream without the stream: bytes in, pieces out, in order. What is not asked for is not made. */
export interface StreamEngine {
  /** Takes a chunk. The pieces must be used up before the next call. */
  push(chunk: Buffer): Iterable<Buffer> | Promise<Iterable<Buffer>>;
  /** No more chunks. */
  end(): Iterable<Buffer> | Promise<Iterable<Buffer>>;
  /** Overwrites what is secret. May be called at any time and more than once. */
  close(): void;
}
