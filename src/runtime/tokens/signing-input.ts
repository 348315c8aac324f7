import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { JoseAlgorithm } from './algorithms';
import { SIGNING_ALGORITHMS } from '../../spec/key-specs';
import { MESSAGE_BYTES } from '../../spec/limits';
import { invalid } from '../errors';
import { signingFactsOf } from '../signing-options';

/** What goes to KMS: the digest of what went in, or for algorithms that hash by themselves the bytes, of which KMS takes 4096. */
export class SigningInput {
  readonly #hash: Hash | undefined;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  /** @param what - goes in, for the message where it is too long */
  constructor(private readonly algorithm: JoseAlgorithm, private readonly what: string) {
    const { kmsName, messageType } = signingFactsOf(algorithm);
    if (messageType === 'DIGEST') this.#hash = createHash(SIGNING_ALGORITHMS[kmsName].digest!);
  }

  public update(chunk: Uint8Array): void {
    if (this.#hash) {
      this.#hash.update(chunk);
      return;
    }
    this.#length += chunk.length;
    // What is too long is not kept; it is said at the end, and only of the key that signs.
    if (this.#length <= MESSAGE_BYTES) this.#chunks.push(Uint8Array.from(chunk));
  }

  /** @throws `ERR_KEYSMITH_INPUT` for what KMS does not take */
  public end(): { readonly isDigest: boolean; readonly bytes: Uint8Array } {
    if (this.#hash) return { isDigest: true, bytes: this.#hash.digest() };
    if (this.#length > MESSAGE_BYTES) {
      throw invalid(`${this.what} come to ${this.#length} bytes, and KMS takes ${MESSAGE_BYTES} for ${this.algorithm}: `
        + 'carry less, or use a key that signs a digest, such as one for ES256');
    }
    return { isDigest: false, bytes: Buffer.concat(this.#chunks) };
  }
}
