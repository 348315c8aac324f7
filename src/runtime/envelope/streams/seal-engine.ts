import { wipe } from '../bytes';
import { overLimit } from '../failures';
import { FrameKind, sealPieces } from '../frames';
import type { FrameKey } from '../frames';
import { MAX_FRAMES } from '../limits';
import type { FooterSigner } from '../signature';
import { ByteQueue } from './byte-queue';
import type { StreamEngine } from './engine';

/** What a stream of frames starts from. */
export interface SealStart {
  /** The header as it goes out. */
  readonly header: Buffer;
  /** Belongs to the engine, which overwrites it. */
  readonly key: FrameKey;
  readonly frameLength: number;
  readonly signer?: FooterSigner;
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
  #sequence = 0;
  #received = 0;
  #closed = false;

  /** `prepare` is called once, with the first chunk or at the end. */
  constructor(prepare: () => Promise<SealStart>, maxPlaintext = Infinity) {
    this.#prepare = prepare;
    this.#maxPlaintext = maxPlaintext;
  }

  public push(chunk: Buffer): Iterable<Buffer> | Promise<Iterable<Buffer>> {
    this.#received += chunk.length;
    if (this.#received > this.#maxPlaintext) throw overLimit('the length of the plaintext', this.#received, this.#maxPlaintext, "'plaintextLength'");
    this.#queue.push(chunk);
    return this.#start ? this.#regularFrames(this.#start) : this.#begin((start) => this.#regularFrames(start));
  }

  public end(): Iterable<Buffer> | Promise<Iterable<Buffer>> {
    return this.#start ? this.#finalFrame(this.#start) : this.#begin((start) => this.#finalFrame(start));
  }

  public close(): void {
    this.#closed = true;
    wipe(this.#start?.key.encryptionKey);
    this.#queue.clear();
  }

  async #begin(rest: (start: SealStart) => Iterable<Buffer>): Promise<Iterable<Buffer>> {
    const start = await this.#prepare();
    this.#start = start;
    // The stream may have been destroyed while the keyring was asked.
    if (this.#closed) {
      this.close();
      return [];
    }
    return this.#headerAnd(start, rest);
  }

  * #headerAnd(start: SealStart, rest: (start: SealStart) => Iterable<Buffer>): Iterable<Buffer> {
    start.signer?.update(start.header);
    yield start.header;
    yield* rest(start);
  }

  * #regularFrames(start: SealStart): Iterable<Buffer> {
    while (this.#queue.length > start.frameLength && !this.#closed) yield* this.#frame(start, FrameKind.REGULAR, start.frameLength);
  }

  * #finalFrame(start: SealStart): Iterable<Buffer> {
    yield* this.#frame(start, FrameKind.FINAL, this.#queue.length);
    if (start.signer) yield start.signer.footer();
    this.close();
  }

  * #frame({ key, signer }: SealStart, kind: FrameKind, length: number): Iterable<Buffer> {
    this.#sequence += 1;
    if (this.#sequence > MAX_FRAMES) throw overLimit('the number of frames', this.#sequence, MAX_FRAMES, "'frameLength'");
    for (const piece of sealPieces(key, kind, this.#sequence, this.#queue.takePieces(length), length)) {
      signer?.update(piece);
      yield piece;
    }
  }
}
