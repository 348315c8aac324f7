import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DecryptOptions, EnvelopeCipher } from '../../../src/runtime/envelope';

/** How opening a message ends, as a buffer and as a stream. */

/** Codes that a message may end with, whatever it is. */
export const DOCUMENTED = /^ERR_KEYSMITH_(NOT_AUTHENTIC|FORMAT|LIMIT|COMMITMENT_POLICY|CONTEXT|NO_KEY)$/;

/** The code that opening ends with; `opened` for a message that is no fault. */
export async function codeOf(cipher: EnvelopeCipher, message: Uint8Array, options?: DecryptOptions): Promise<string> {
  return cipher.decrypt(message, options).then(() => 'opened', (error: { code?: string; message: string }) => error.code ?? error.message);
}

/** What came out of a stream, and how it ended. */
export interface Streamed {
  readonly code?: string;
  readonly released: number;
  readonly ended: boolean;
  readonly destroyed: boolean;
}

/** What comes of a message that comes as a stream. */
export async function streamed(cipher: EnvelopeCipher, message: Buffer, options?: DecryptOptions): Promise<Streamed> {
  const stream: Duplex = cipher.decryptStream(options);
  let released = 0;
  let ended = false;
  stream.on('data', (chunk: Buffer) => { released += chunk.length; }).on('end', () => { ended = true; });
  const code = await pipeline(Readable.from([message]), stream).then(() => undefined, (error) => error.code as string);
  return { code, released, ended, destroyed: stream.destroyed };
}

/** A stream that failed after this many bytes. */
export function refusedBefore(released: number, code = 'ERR_KEYSMITH_NOT_AUTHENTIC'): Streamed {
  return { code, released, ended: false, destroyed: true };
}

export function withFlippedBit(message: Buffer, bit: number): Buffer {
  const copy = Buffer.from(message);
  copy[Math.floor(bit / 8)] ^= 2 ** (bit % 8); // eslint-disable-line no-bitwise
  return copy;
}
