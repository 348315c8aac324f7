/**
 * Bytes in memory that nobody else shares, so that WebCrypto, `Blob` and `fetch` take them. To TypeScript from 5.7 on they are a
 * `Uint8Array<ArrayBuffer>`, and before that, when the type had no parameter, a `Uint8Array`: this spelling is both.
 */
export type OwnedBytes = ReturnType<Uint8ArrayConstructor['of']>;

/** The same with Buffer's methods. */
export type OwnedBuffer = ReturnType<BufferConstructor['alloc']>;
