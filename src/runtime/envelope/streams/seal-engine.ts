import type { Sign } from 'node:crypto';
import { ByteQueue } from './byte-queue';
import type { StreamEngine } from './engine-stream';
import { overLimit } from '../failures';
import { FINAL_FRAME, REGULAR_FRAME, frameBytes, writeFrame } from '../frames';
import type { FrameKind } from '../frames';
import { headerBytes, writeHeader } from '../header';
import type { EncryptionMaterials } from '../materials';
import { MessageKey } from '../message-key';
import { footerOf, signing } from '../signature';
import type { SigningKeyPair } from '../signature';

/** What a stream keeps of materials that were only lent. */
export interface SealStart {
  readonly header: Buffer;
  /** Belongs to the engine, which wipes it. */
  readonly key: MessageKey;
  readonly frameLength: number;
  readonly sign: Sign | undefined;
  readonly signingKey: SigningKeyPair | undefined;
}

/** The header and keys of a new message whose length is not known. */
export function startSealing({ suite, dataKey, materialBytes, signingKey }: EncryptionMaterials, frameLength: number): SealStart {
  const key = new MessageKey(suite, dataKey);
  const header = Buffer.allocUnsafe(headerBytes(materialBytes));
  writeHeader(key, materialBytes, frameLength, header);
  return { header, key, frameLength, sign: signing(suite), signingKey };
}

/**
 * Plaintext in, message out. A frame is held until more follows it, since only then it is known not to be the final
 * one: memory for one frame, however long the message is.
 */
export class SealEngine implements StreamEngine {
  readonly #prepare: () => Promise<SealStart>;
  readonly #maxPlaintext: number;
  readonly #queue = new ByteQueue();
  #start: SealStart | undefined;
  #sequence = 1;
  #received = 0;

  /** `prepare` is called once, with the first chunk or at the end. */
  constructor(prepare: () => Promise<SealStart>, maxPlaintext = Infinity) {
    this.#prepare = prepare;
    this.#maxPlaintext = maxPlaintext;
  }

  public async push(chunk: Buffer): Promise<Iterable<Buffer>> {
    this.#received += chunk.length;
    if (this.#received > this.#maxPlaintext) throw overLimit('the length of the plaintext', this.#received, this.#maxPlaintext, "'plaintextLength'");
    this.#queue.push(chunk);
    return this.#message(await this.#begin(), false);
  }

  public async end(): Promise<Iterable<Buffer>> {
    return this.#message(await this.#begin(), true);
  }

  public close(): void {
    this.#start?.key.wipe();
    this.#queue.clear();
  }

  /** Asks for a key the first time, when the header goes out too. */
  async #begin(): Promise<Buffer[]> {
    if (this.#start) return [];
    this.#start = await this.#prepare();
    this.#start.sign?.update(this.#start.header);
    return [this.#start.header];
  }

  * #message(header: Buffer[], last: boolean): Iterable<Buffer> {
    yield* header;
    const { frameLength, sign, signingKey } = this.#start!;
    while (this.#queue.length > frameLength) yield this.#frame(REGULAR_FRAME, frameLength);
    if (!last) return;
    yield this.#frame(FINAL_FRAME, this.#queue.length);
    if (sign) yield footerOf(sign, signingKey!);
  }

  #frame(kind: FrameKind, length: number): Buffer {
    const { key, sign } = this.#start!;
    const frame = Buffer.allocUnsafeSlow(frameBytes(kind, length));
    writeFrame(key, kind, this.#sequence++, this.#queue.take(length), frame, 0);
    sign?.update(frame);
    return frame;
  }
}
