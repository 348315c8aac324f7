/** Base64url without padding (RFC 7515 section 2), of bytes or of text as UTF-8. */
export const base64url = (given: Uint8Array | string): string => (
  typeof given === 'string' ? Buffer.from(given, 'utf8') : Buffer.from(given.buffer, given.byteOffset, given.length)
).toString('base64url');

/** The bytes, where the text is how base64url writes them and nothing else; undefined where it is another text for them, or none. */
export function fromBase64url(text: string): Buffer | undefined {
  // Node takes padding, other alphabets, white space and bits that are left over: one token would have many forms.
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

/** The base64url of chunks, as one text in pieces: what three bytes come to does not depend on where a chunk ends. */
export class Base64urlStream {
  #rest = Buffer.alloc(0);

  public update(chunk: Uint8Array): Buffer {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const whole = bytes.length - bytes.length % 3;
    this.#rest = bytes.subarray(whole);
    return Buffer.from(base64url(bytes.subarray(0, whole)), 'latin1');
  }

  public end(): Buffer {
    return Buffer.from(base64url(this.#rest), 'latin1');
  }
}
