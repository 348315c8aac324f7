import { isUtf8 } from 'node:buffer';
import { base64url, Base64urlStream } from './base64url';
import { headerMembers } from './header-members';
import { JOSE_KEY_OPTIONS, JoseKeys } from './jose-key';
import type { JoseKeyOptions, SignedParts } from './jose-key';
import type { JsonObject } from './json-object';
import { invalid } from '../errors';
import type { CallOptions } from '../kms-port';
import { chunksOf, copied, isChunked, unlessAbortedOver } from '../message';
import type { Message } from '../message';
import { requireTypes } from '../option-types';
import type { PublishedJwk } from '../public-jwk';
import { requireText } from '../text-options';
import { knownOptions } from '../whole-numbers';

/** Which key signs. */
export interface JwsSignerOptions extends JoseKeyOptions {
  /** `typ` of the header: what kind of thing this is. @default - none */
  readonly typ?: string;
}

/** What one signature looks like. */
export interface JwsSignOptions extends CallOptions {
  /**
   * - `compact`: three parts with dots between, for URLs and headers.
   * - `flattened`: JSON with one signature (RFC 7515 section 7.2.2).
   * - `general`: JSON with a list of signatures (section 7.2.1), here one.
   *
   * @default 'compact'
   */
  readonly form?: 'compact' | 'flattened' | 'general';
  /** Whether the payload is left out (RFC 7515 appendix F): whoever verifies has it from elsewhere. @default false */
  readonly detached?: boolean;
  /** Whether the payload is signed as it is, not its base64url (RFC 7797). In compact form it must be detached; in JSON it must be text. @default false */
  readonly unencoded?: boolean;
  /** Further members of the header. `alg`, `kid`, `typ`, `crit`, `b64` and embedded keys are none of them. */
  readonly header?: object;
}

/** Makes JSON Web Signatures with a key that never leaves KMS. */
export interface JwsSigner {
  /**
   * A signature over the payload, and unless it is detached the payload with it (RFC 7515), made with one call of Sign. A stream is hashed as it comes;
   * only what is handed back is kept. With EdDSA and ML-DSA header and payload together take up to 4096 bytes.
   *
   * @throws `ERR_KEYSMITH_INPUT` for what cannot be signed, `ERR_KEYSMITH_ACCESS_DENIED` where neither the key nor another generation may sign, and the
   *   codes of KMS's other errors
   */
  sign(payload: Message, options?: JwsSignOptions): Promise<string>;

  /** The active key, as `jwksOf` publishes it. */
  publicJwk(options?: CallOptions): Promise<PublishedJwk>;
}

const OPTIONS = /* @__PURE__ */ JOSE_KEY_OPTIONS.concat('typ');
const CALL_OPTIONS = ['form', 'detached', 'unencoded', 'header', 'abortSignal'];
const FORMS = ['compact', 'flattened', 'general'];

/** A signer of JSON Web Signatures over Sign of KMS. @throws `ERR_KEYSMITH_INPUT` for options that cannot work */
export function createJwsSigner(options: JwsSignerOptions): JwsSigner {
  const { typ, ...key } = knownOptions(options, OPTIONS);
  requireText('typ', typ);
  const keys = new JoseKeys(key);

  return {
    publicJwk: (asked) => keys.active.publicJwk(asked),

    async sign(payload, callOptions = {}) {
      const { form = 'compact', detached = false, unencoded = false, header = {}, abortSignal } = knownOptions(callOptions, CALL_OPTIONS);
      if (!FORMS.includes(form)) throw invalid(`'form' is ${JSON.stringify(form)}: give one of ${FORMS.join(', ')}`);
      requireTypes({ detached, unencoded }, { detached: 'boolean', unencoded: 'boolean' });
      if (unencoded && !detached && form === 'compact') {
        throw invalid("an unencoded payload may hold dots, which would end it: detach it, or choose the form 'flattened'");
      }
      const more = headerMembers(header);
      const headerFor = (alg: string, kid: string): JsonObject => ({ alg, kid, ...(typ && { typ }), ...(unencoded && { b64: false, crit: ['b64'] }), ...more });
      return unlessAbortedOver(payload, abortSignal, async (message) => {
        const kept: Uint8Array[] = [];
        const keep = (chunk: Uint8Array): Uint8Array => {
          if (!detached) kept.push(chunk);
          return chunk;
        };
        const parts = await signed(keys, headerFor, message, unencoded, keep, abortSignal);
        return written(form, parts, detached ? undefined : payloadText(Buffer.concat(kept), unencoded));
      });
    },
  };
}

async function signed(
  keys: JoseKeys, headerFor: (alg: string, kid: string) => JsonObject, message: Message, unencoded: boolean,
  keep: (chunk: Uint8Array) => Uint8Array, abortSignal: AbortSignal | undefined,
): Promise<SignedParts> {
  if (isChunked(message)) return keys.signStream(headerFor, encodedChunks(chunksOf(message, abortSignal), unencoded, keep), abortSignal);
  const bytes = keep(copied(message));
  const input = unencoded ? bytes : Buffer.from(base64url(bytes), 'latin1');
  return keys.sign(headerFor, (signing) => signing.update(input), abortSignal);
}

async function* encodedChunks(
  chunks: AsyncIterable<Uint8Array>, unencoded: boolean, keep: (chunk: Uint8Array) => Uint8Array,
): AsyncGenerator<Uint8Array> {
  const encoder = new Base64urlStream();
  // A copy: whoever gives the chunks may use their memory again.
  for await (const chunk of chunks) yield unencoded ? keep(Uint8Array.from(chunk)) : encoder.update(keep(Uint8Array.from(chunk)));
  if (!unencoded) yield encoder.end();
}

function payloadText(payload: Buffer, unencoded: boolean): string {
  if (!unencoded) return base64url(payload);
  if (!isUtf8(payload)) throw invalid('the payload is not UTF-8, so that JSON cannot hold it unencoded: detach it, or encode it');
  return payload.toString('utf8');
}

function written(form: JwsSignOptions['form'], { header, signature }: SignedParts, payload: string | undefined): string {
  if (form === 'compact') return `${header}.${payload ?? ''}.${signature}`;
  const own = { protected: header, signature };
  return JSON.stringify({ payload, ...(form === 'general' ? { signatures: [own] } : own) });
}
