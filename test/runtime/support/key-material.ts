import crypto from 'node:crypto';

/** Memory that key material or plaintext was in, as it is now and as it was. */
interface Seen {
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly copy: Buffer;
}

/** As it is before it is watched. */
const copyOf = Buffer.from.bind(Buffer) as (bytes: Uint8Array) => Buffer;

/** Shorter ones are counters, lengths and parts of names. */
const LEAST_BYTES = 16;

/**
 * Watches, within each test, what reaches node:crypto and what comes out of it: keys and plaintext of ciphers, keys, inputs and outputs of HMACs (which
 * chained are the steps of HKDF), what RSA and AES unwrap, random bytes; and the memory that Buffers are made in.
 */
export class KeyMaterial {
  public readonly seen: Seen[] = [];
  readonly #memory: Buffer[] = [];

  public watch(): void {
    this.forget();
    this.#watchCiphers();
    this.#watchHmacs();
    this.#watchUnwrapping();
    this.#watchMemory();
  }

  public forget(): void {
    this.seen.length = 0;
    this.#memory.length = 0;
  }

  /** What is not overwritten, but for bytes that `isPublic` knows. */
  public left(isPublic: (bytes: Buffer) => boolean): string[] {
    const isLeft = ({ bytes, copy }: Seen) => bytes.some((byte, index) => byte !== 0 && byte === copy[index]);
    return this.seen.filter((one) => isLeft(one) && !isPublic(one.copy)).map(({ what }) => what);
  }

  /** How many Buffers still hold a text. */
  public holding(text: string): number {
    return this.#memory.filter((bytes) => bytes.includes(text)).length;
  }

  #record(what: string, bytes: unknown): void {
    if (bytes instanceof Uint8Array && bytes.length >= LEAST_BYTES) this.seen.push({ what, bytes, copy: copyOf(bytes) });
  }

  #watchCiphers(): void {
    const { createCipheriv, createDecipheriv, createSecretKey } = crypto;
    jest.spyOn(crypto, 'createCipheriv').mockImplementation(((...args: Parameters<typeof createCipheriv>) => {
      this.#record('cipher key', args[1]);
      const cipher = createCipheriv(...args);
      const update = cipher.update.bind(cipher) as (bytes: Uint8Array) => Buffer;
      cipher.update = ((bytes: Uint8Array) => {
        this.#record('cipher input', bytes);
        return update(bytes);
      }) as never;
      return cipher;
    }) as never);
    jest.spyOn(crypto, 'createDecipheriv').mockImplementation(((...args: Parameters<typeof createDecipheriv>) => {
      this.#record('decipher key', args[1]);
      const decipher = createDecipheriv(...args);
      const update = decipher.update.bind(decipher) as (bytes: Uint8Array) => Buffer;
      decipher.update = ((bytes: Uint8Array) => this.#output('decipher output', update(bytes))) as never;
      return decipher;
    }) as never);
    jest.spyOn(crypto, 'createSecretKey').mockImplementation(((...args: Parameters<typeof createSecretKey>) => {
      this.#record('secret key', args[0]);
      return createSecretKey(...args);
    }) as never);
  }

  #watchHmacs(): void {
    const { createHmac } = crypto;
    jest.spyOn(crypto, 'createHmac').mockImplementation(((...args: Parameters<typeof createHmac>) => {
      this.#record('HMAC key', args[1]);
      const hmac = createHmac(...args);
      const [update, digest] = [hmac.update.bind(hmac) as (bytes: Uint8Array) => unknown, hmac.digest.bind(hmac) as () => Buffer];
      hmac.update = ((bytes: Uint8Array) => {
        this.#record('HMAC input', bytes);
        update(bytes);
        return hmac;
      }) as never;
      hmac.digest = (() => this.#output('HMAC output', digest())) as never;
      return hmac;
    }) as never);
  }

  #watchUnwrapping(): void {
    const { privateDecrypt, publicEncrypt, randomBytes } = crypto;
    jest.spyOn(crypto, 'privateDecrypt').mockImplementation(((...args: Parameters<typeof privateDecrypt>) => (
      this.#output('RSA output', privateDecrypt(...args))
    )) as never);
    jest.spyOn(crypto, 'publicEncrypt').mockImplementation(((...args: Parameters<typeof publicEncrypt>) => {
      this.#record('RSA input', args[1]);
      return publicEncrypt(...args);
    }) as never);
    jest.spyOn(crypto, 'randomBytes').mockImplementation(((length: number) => this.#output('random bytes', randomBytes(length))) as never);
  }

  #watchMemory(): void {
    for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'from', 'concat'] as const) {
      const make = Buffer[name] as (...args: unknown[]) => Buffer;
      jest.spyOn(Buffer, name).mockImplementation(((...args: unknown[]) => {
        const bytes = make.apply(Buffer, args);
        this.#memory.push(bytes);
        return bytes;
      }) as never);
    }
  }

  #output(what: string, bytes: Buffer): Buffer {
    this.#record(what, bytes);
    return bytes;
  }
}
