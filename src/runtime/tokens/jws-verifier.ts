import { Base64urlStream, fromBase64url } from './base64url';
import { factsOfHeader, readHeader } from './header';
import type { HeaderFacts } from './header';
import { isJsonObject, readJsonObject } from './json-object';
import type { JsonObject } from './json-object';
import { finderIn } from './key-set';
import type { KeySource, VerifyingKey } from './key-set';
import { failure, invalid } from '../errors';
import type { KeysmithError } from '../errors';
import type { BytesOrText } from '../input';
import type { CallOptions } from '../kms-port';
import { chunksOf, copied, isChunked, unlessAbortedOver } from '../message';
import type { Message } from '../message';
import type { OwnedBytes } from '../owned-bytes';
import { isWellFormed, NOT_AUTHENTIC, ofType } from '../text';
import { knownOptions, wholeNumber } from '../whole-numbers';

/** Which signatures are taken. */
export interface JwsVerifierOptions {
  /** The keys that may have signed. */
  readonly keys: KeySource;
  /** Bytes of a JWS with the payload in it; longer ones are not looked at. A detached payload does not count. @default 16777216, 16 MiB */
  readonly maxBytes?: number;
}

/** Which key signed. */
export interface VerifiedSignature {
  /** The protected header. What of a header is not protected, the signature does not cover: it is not handed out. */
  readonly header: JsonObject;
  /** The `kid` of the key, or its thumbprint where it has none. */
  readonly kid: string;
}

/** What was signed, and by which key. */
export interface VerifiedJws extends VerifiedSignature {
  readonly payload: OwnedBytes;
}

/** Tells authentic signatures from all others. */
export interface JwsVerifier {
  /**
   * The payload of a JWS, in compact form or as JSON, where one of the keys has signed it; of several signatures one is enough.
   *
   * @param detachedPayload - the payload, where the JWS does not hold it
   * @throws `ERR_KEYSMITH_FORMAT` for what is no JWS; `ERR_KEYSMITH_LIMIT` for what is too long, or has over 16 signatures; `ERR_KEYSMITH_NOT_AUTHENTIC`,
   *   in one way, for whatever else is wrong; `ERR_KEYSMITH_KEYS_UNAVAILABLE` where the key set could not be had
   */
  verify(jws: string, detachedPayload?: BytesOrText, options?: CallOptions): Promise<VerifiedJws>;

  /** The same for a detached payload that comes in pieces, such as a file stream. It is read once, and not kept. */
  verify(jws: string, detachedPayload: Message, options?: CallOptions): Promise<VerifiedSignature>;
}

/** Each costs a verification. */
const MOST_SIGNATURES = 16;

/** Extensions that are understood (RFC 7797). */
const UNDERSTOOD = ['b64'];

/** One signature of a JWS, as it stands there. */
interface Part {
  readonly header: string;
  readonly unprotected: JsonObject;
  readonly signature: string;
}

/** What a JWS is made of. */
interface Parts {
  /** As it stands there; undefined where it is detached. */
  readonly payload: string | undefined;
  readonly signatures: readonly Part[];
}

/** A signature that may be good, and how to find out. */
interface Candidate {
  readonly header: JsonObject;
  readonly kid: string;
  /** Whether the payload goes in as base64url. */
  readonly encoded: boolean;
  readonly verification: NonNullable<ReturnType<VerifyingKey['start']>>;
}

/**
 * A verifier of JSON Web Signatures. Which algorithm and key one is verified with, the keys decide: it only names one of them.
 *
 * @throws `ERR_KEYSMITH_INPUT` for options that cannot work: no key that verifies
 */
export function createJwsVerifier(options: JwsVerifierOptions): JwsVerifier {
  const { keys, maxBytes = 2 ** 24 } = knownOptions(options, ['keys', 'maxBytes']);
  const find = finderIn(keys);
  const longest = wholeNumber('maxBytes', maxBytes);

  async function candidateOf({ header: encodedHeader, unprotected, signature: encodedSignature }: Part, call: CallOptions): Promise<Candidate[]> {
    const header = encodedHeader === '' ? {} : readHeader(encodedHeader);
    const signature = fromBase64url(encodedSignature);
    const facts = header && factsOfBoth(header, unprotected);
    const key = facts && signature && await find(facts.alg, facts.kid, call);
    const verification = key && key.start(signature);
    if (!verification) return [];
    verification.update(Buffer.from(`${encodedHeader}.`, 'latin1'));
    return [{ header, kid: key.kid, encoded: facts.encoded, verification }];
  }

  async function verify(jws: string, detachedPayload?: Message, callOptions: CallOptions = {}): Promise<VerifiedJws> {
    const call = knownOptions(callOptions, ['abortSignal']);
    const { payload, signatures } = partsOf(jws, longest);
    if (detachedPayload !== undefined && payload) throw failure('FORMAT', 'the JWS holds a payload, and a detached one was given beside it');
    return unlessAbortedOver(detachedPayload ?? '', call.abortSignal, async (given) => {
      // Before anything is waited for: the caller may overwrite the bytes right after the call.
      const detached = isChunked(given) ? given : copied(given);
      const candidates: Candidate[] = [];
      for (const signature of signatures) candidates.push(...await candidateOf(signature, call));
      const [{ encoded } = { encoded: true }] = candidates;
      const message = detachedPayload === undefined ? ownPayload(payload ?? '', encoded) : detached;
      // RFC 7797 section 3: all signatures of one JWS agree about it.
      if (!message || candidates.some((candidate) => candidate.encoded !== encoded)) throw notAuthentic();
      await feed(candidates, message, encoded, call.abortSignal);
      for (const { header, kid, verification } of candidates) {
        if (await verification.finish()) return { payload: isChunked(message) ? undefined as never : Uint8Array.from(message), header, kid };
      }
      throw notAuthentic();
    });
  }
  return { verify };
}

/** A name stands in one of the two parts of a header (RFC 7515 section 7.2.1). */
function factsOfBoth(header: JsonObject, unprotected: JsonObject): HeaderFacts | undefined {
  if (Object.keys(unprotected).some((name) => Object.hasOwn(header, name))) return undefined;
  return factsOfHeader({ ...header, ...unprotected }, header, UNDERSTOOD);
}

function ownPayload(text: string, encoded: boolean): Buffer | undefined {
  if (encoded) return fromBase64url(text);
  return isWellFormed(text) ? Buffer.from(text, 'utf8') : undefined;
}

async function feed(
  candidates: readonly Candidate[], message: Buffer | AsyncIterable<Uint8Array>, encoded: boolean, abortSignal: AbortSignal | undefined,
): Promise<void> {
  const encoder = new Base64urlStream();
  const update = (chunk: Uint8Array): void => candidates.forEach(({ verification }) => verification.update(chunk));
  for await (const chunk of chunksOf(message, abortSignal)) update(encoded ? encoder.update(chunk) : chunk);
  if (encoded) update(encoder.end());
}

function partsOf(jws: unknown, longest: number): Parts {
  if (typeof jws !== 'string') throw invalid(`the JWS is ${ofType(jws)}: give a string`);
  if (jws.length > longest) throw failure('LIMIT', `the JWS has ${jws.length} characters, over the limit of ${longest} (maxBytes)`);
  return jws.trimStart().startsWith('{') ? partsOfJson(jws) : partsOfCompact(jws);
}

function partsOfCompact(jws: string): Parts {
  const parts = jws.split('.', 4);
  if (parts.length !== 3 || !parts[0]) throw failure('FORMAT', 'the input is no JWS: neither three parts with dots between, nor JSON');
  const [header, payload, signature] = parts;
  return { payload, signatures: [{ header, unprotected: {}, signature }] };
}

function partsOfJson(jws: string): Parts {
  const json = readJsonObject(Buffer.from(jws, 'utf8'));
  const { payload, signatures, ...single } = json ?? {};
  if (!json || (payload !== undefined && typeof payload !== 'string')) throw notJws();
  if (signatures === undefined) return { payload, signatures: [partOf(single)] };
  // Both forms at once would be read differently by different readers.
  if (!Array.isArray(signatures) || ['protected', 'header', 'signature'].some((name) => Object.hasOwn(single, name))) throw notJws();
  if (signatures.length > MOST_SIGNATURES) throw failure('LIMIT', `the JWS has ${signatures.length} signatures, over the limit of ${MOST_SIGNATURES}`);
  return { payload, signatures: signatures.map(partOf) };
}

function partOf(given: unknown): Part {
  const { protected: header = '', header: unprotected = {}, signature } = isJsonObject(given) ? given : {};
  if (typeof header !== 'string' || !isJsonObject(unprotected) || typeof signature !== 'string') throw notJws();
  return { header, unprotected, signature };
}

const notJws = (): KeysmithError => failure('FORMAT', 'the input is no JWS: JSON, but not with the members of one (RFC 7515 section 7.2), each once');

const notAuthentic = (): KeysmithError => failure('NOT_AUTHENTIC', NOT_AUTHENTIC);
