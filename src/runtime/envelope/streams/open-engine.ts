import { Incomplete, Reader, wipe } from '../bytes';
import { notAuthentic, overLimit } from '../failures';
import { refuseForeign } from '../foreign';
import { readFrameHead, readUnframedHead } from '../frame-reader';
import { FINAL_FRAME_HEAD, FrameKind, openPieces } from '../frames';
import type { FrameHead, FrameKey } from '../frames';
import { readHeader } from '../header';
import type { MessageHeader } from '../header';
import type { MessageLimits } from '../limits';
import type { FooterVerifier } from '../signature';
import { TAG_BYTES } from '../suites';
import { ByteQueue } from './byte-queue';
import type { StreamEngine } from './engine';

/** What opening the frames behind an authentic header takes. */
export interface OpenStart {
  /** Belongs to the engine, which overwrites it. */
  readonly key: FrameKey;
  readonly framed: boolean;
  readonly frameLength: number;
  /** Has the header already. */
  readonly verifier?: FooterVerifier;
}

/** Bytes of the length field in front of the signature. */
const FOOTER_HEAD = 2;

/**
 * Message in, plaintext out, frame by frame: none of a frame before all of it is authentic. The last frame of a signing
 * suite, and a body that is not framed, wait for the signature.
 */
export class OpenEngine implements StreamEngine {
  readonly #limits: MessageLimits;
  readonly #prepare: (header: MessageHeader) => Promise<OpenStart>;
  readonly #queue = new ByteQueue();
  /** Bytes without which reading the header cannot go on. */
  #needed = 1;
  #start: OpenStart | undefined;
  #part: 'body' | 'footer' | 'end' = 'body';
  #sequence = 1;
  #head: FrameHead | undefined;
  #plaintextLength = 0;
  #held: Buffer[] = [];
  #closed = false;

  /** `prepare` is called once, with a header that is not yet authentic: it rejects unless it is. */
  constructor(limits: MessageLimits, prepare: (header: MessageHeader) => Promise<OpenStart>) {
    this.#limits = limits;
    this.#prepare = prepare;
  }

  public push(chunk: Buffer): Iterable<Buffer> | Promise<Iterable<Buffer>> {
    this.#queue.push(chunk);
    if (this.#start) return this.#open(this.#start);
    const header = this.#readHeader();
    return header ? this.#begin(header) : [];
  }

  public end(): Iterable<Buffer> {
    if (this.#part === 'end') return [];
    if (!this.#start) refuseForeign(this.#queue.peek(64));
    throw notAuthentic('the message ends before its final frame and footer');
  }

  public close(): void {
    this.#closed = true;
    wipe(this.#start?.key.encryptionKey, ...this.#held);
    this.#held = [];
    this.#queue.clear();
  }

  #readHeader(): MessageHeader | undefined {
    while (this.#queue.length >= this.#needed) {
      try {
        refuseForeign(this.#queue.peek(64));
        const header = readHeader(this.#queue.peek(this.#needed), this.#limits);
        this.#queue.takePieces(header.length);
        return header;
      } catch (error) {
        if (!(error instanceof Incomplete)) throw error;
        this.#needed = error.needed;
      }
    }
    return undefined;
  }

  async #begin(header: MessageHeader): Promise<Iterable<Buffer>> {
    this.#start = await this.#prepare(header);
    // The stream may have been destroyed while the keyring was asked.
    if (!this.#closed) return this.#open(this.#start);
    this.close();
    return [];
  }

  * #open(start: OpenStart): Iterable<Buffer> {
    while (this.#part === 'body' && !this.#closed) {
      const head = this.#head ?? this.#readHead(start);
      this.#head = head;
      if (!head || this.#queue.length < head.contentLength + TAG_BYTES) return;
      yield* this.#openContent(start, head);
    }
    if (this.#part === 'footer') yield* this.#checkFooter(start.verifier!);
    if (this.#part === 'end' && this.#queue.length > 0) throw notAuthentic('bytes follow the end of the message');
  }

  #readHead({ framed, frameLength, verifier }: OpenStart): FrameHead | undefined {
    const reader = new Reader(this.#queue.peek(FINAL_FRAME_HEAD));
    let head: FrameHead;
    try {
      head = framed ? readFrameHead(reader, frameLength, this.#sequence) : readUnframedHead(reader);
    } catch (error) {
      if (error instanceof Incomplete) return undefined;
      throw error;
    }
    const { bodyBytes, frameBytes } = this.#limits;
    if (head.contentLength > frameBytes) throw overLimit('the length of a body in one piece', head.contentLength, frameBytes, 'limits.frameBytes');
    this.#plaintextLength += head.contentLength;
    if (this.#plaintextLength > bodyBytes) throw overLimit('the length of the body', this.#plaintextLength, bodyBytes, 'limits.bodyBytes');
    const raw = this.#queue.take(reader.offset);
    verifier?.update(raw);
    return head;
  }

  * #openContent({ key, verifier }: OpenStart, head: FrameHead): Iterable<Buffer> {
    const pieces = this.#queue.takePieces(head.contentLength);
    const tag = this.#queue.take(TAG_BYTES);
    if (verifier) for (const piece of [...pieces, tag]) verifier.update(piece);
    const plaintext = openPieces(key, head, pieces, tag);
    this.#head = undefined;
    this.#sequence += 1;
    if (head.kind === FrameKind.REGULAR) {
      yield* plaintext;
    } else if (verifier) {
      this.#held = plaintext;
      this.#part = 'footer';
    } else {
      this.#part = 'end';
      yield* plaintext;
    }
  }

  * #checkFooter(verifier: FooterVerifier): Iterable<Buffer> {
    if (this.#queue.length < FOOTER_HEAD) return;
    const length = FOOTER_HEAD + this.#queue.peek(FOOTER_HEAD).readUInt16BE();
    if (this.#queue.length < length) return;
    verifier.check(this.#queue.take(length).subarray(FOOTER_HEAD));
    this.#part = 'end';
    const held = this.#held;
    this.#held = [];
    yield* held;
  }
}
