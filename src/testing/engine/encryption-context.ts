/** Key-value pairs bound to a ciphertext. */
export type EncryptionContext = Readonly<Record<string, string>>;

/**
 * The context as bytes, for authenticated data. Injective: pairs sorted by the bytes of their key, each key and value
 * preceded by its length, so that no two contexts give the same bytes (`{ab: "c"}` and `{a: "bc"}` differ).
 * No context and an empty one are the same, as to KMS.
 */
export function contextBytes(context: EncryptionContext = {}): Buffer {
  const pairs = Object.entries(context)
    .map(([key, value]) => [Buffer.from(key, 'utf8'), Buffer.from(value, 'utf8')] as const)
    .sort(([a], [b]) => Buffer.compare(a, b));
  return Buffer.concat([uint32(pairs.length), ...pairs.flatMap(([key, value]) => [uint32(key.length), key, uint32(value.length), value])]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
