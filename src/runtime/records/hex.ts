const HEX = /^\\x(?:[0-9a-f]{2})*$/;

/**
 * The bytes of PostgreSQL's text form of `bytea`, in which JSON functions and `COPY` return it; undefined for other text.
 * https://www.postgresql.org/docs/current/datatype-binary.html
 */
export function hexBytes(text: string): Buffer | undefined {
  return HEX.test(text) ? Buffer.from(text.slice(2), 'hex') : undefined;
}
