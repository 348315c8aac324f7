import type { KeyObject, Verify } from 'node:crypto';
import { ByteQueue } from './byte-queue';
import type { StreamEngine } from './engine-stream';
import { Incomplete, Reader, wipe } from '../bytes';
import { readField } from '../context-codec';
import { notAuthentic } from '../failures';
import { refuseForeign } from '../foreign';
import { REGULAR_FRAME, readFrame } from '../frames';
import { readHeader } from '../header';
import type { MessageHeader } from '../header';
import { keepLimit } from '../limits';
import type { MessageLimits } from '../limits';
import type { MessageKey } from '../message-key';
import { checkSignature, verifying } from '../signature';

/** What a stream keeps of materials that were only lent, once the header is authentic. */
export interface OpenStart {
  /** Belongs to the engine, which wipes it. */
  readonly key: MessageKey;
  readonly verificationKey: KeyObject | undefined;
}

/**
 * Message in, plaintext out, frame by frame: none of a frame before all of it is authentic. The last frame of a signing
 * suite, and a body that is not framed, wait for the signature.
 */
export class OpenEngine implements StreamEngine {
  readonly #limits: MessageLimits;
  readonly #prepare: (header: MessageHeader) => Promise<OpenStart>;
  readonly #queue = new ByteQueue();
  /** Bytes without which reading cannot go on. */
  #needed = 1;
  #header: MessageHeader | undefined;
  #start: OpenStart | undefined;
  #verify: Verify | undefined;
  #sequence = 1;
  #plaintextLength = 0;
  /** The last frame of a signed message. */
  #held: Buffer | undefined;
  #done = false;

  /** `prepare` is called once, with a header that is not yet authentic: it rejects unless it is. */
  constructor(limits: MessageLimits, prepare: (header: MessageHeader) => Promise<OpenStart>) {
    this.#limits = limits;
    this.#prepare = prepare;
  }

  public async push(chunk: Buffer): Promise<Iterable<Buffer>> {
    this.#queue.push(chunk);
    if (!this.#start) {
      if (this.#queue.length > 0) refuseForeign(this.#queue.view());
      this.#header = this.#read((reader) => {
        const header = readHeader(reader, this.#limits);
        this.#verify = verifying(header.suite);
        // The chunk that the header lies in does not stay.
        return { ...header, messageId: Buffer.from(header.messageId) };
      });
      if (!this.#header) return [];
      this.#start = await this.#prepare(this.#header);
    }
    return this.#plaintext(this.#header!, this.#start);
  }

  public async end(): Promise<Iterable<Buffer>> {
    if (this.#done) return [];
    if (!this.#start) refuseForeign(this.#queue.view());
    throw notAuthentic('the message ends before its final frame and footer');
  }

  public close(): void {
    this.#start?.key.wipe();
    wipe(this.#held);
    this.#queue.clear();
  }

  /** What stands at the front of the queue, once it is there. The bytes go into the signature. */
  #read<T>(read: (reader: Reader) => T): T | undefined {
    if (this.#queue.length < this.#needed) return undefined;
    const reader = new Reader(this.#queue.view());
    try {
      const part = read(reader);
      const raw = this.#queue.take(reader.offset);
      if (!this.#held) this.#verify?.update(raw);
      this.#needed = 1;
      return part;
    } catch (error) {
      if (!(error instanceof Incomplete)) throw error;
      this.#needed = error.needed;
      return undefined;
    }
  }

  * #plaintext(header: MessageHeader, { key, verificationKey }: OpenStart): Iterable<Buffer> {
    while (!this.#done && !this.#held) {
      const frame = this.#read((reader) => readFrame(reader, header, this.#limits, this.#sequence));
      if (!frame) return;
      this.#sequence += 1;
      this.#plaintextLength += frame.content.length;
      keepLimit(this.#limits, 'bodyBytes', this.#plaintextLength);
      const plaintext = key.open(frame);
      this.#done = frame.kind !== REGULAR_FRAME && !this.#verify;
      if (frame.kind !== REGULAR_FRAME && this.#verify) this.#held = plaintext;
      else yield plaintext;
    }
    const signature = this.#held && this.#read(readField);
    if (signature) {
      checkSignature(this.#verify!, verificationKey!, signature);
      yield this.#held!;
      this.#held = undefined;
      this.#done = true;
    }
    if (this.#done && this.#queue.length > 0) throw notAuthentic('bytes follow the end');
  }
}
