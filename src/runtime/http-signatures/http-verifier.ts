import { componentOf, componentOfItem, sourceOf } from './components';
import type { Component } from './components';
import { hasCoveredContent } from './content-digest';
import { isDerived, isOfRequests } from './derived';
import { requestMessage, responseMessage } from './http-message';
import type { HttpMessage, HttpRequestParts, HttpResponseParts } from './http-message';
import { joseAlgorithmOf } from './registered-algorithms';
import { signatureBase } from './signature-base';
import { verifyingFetch } from './verifying-fetch';
import { MOST_TOLERANCE_SECONDS } from '../../spec/limits';
import { isInnerList, readDictionary, writeBytes, writeInnerList } from '../../structured-fields';
import type { BareItem, Dictionary, InnerList } from '../../structured-fields';
import { failure, invalid, isKeysmithError } from '../errors';
import type { KeysmithError } from '../errors';
import type { CallOptions } from '../kms-port';
import { clockOf, requireTypes } from '../option-types';
import { NOT_AUTHENTIC, ofType } from '../text';
import { requireText } from '../text-options';
import { finderIn } from '../tokens/key-set';
import type { KeySource } from '../tokens/key-set';
import { knownOptions, wholeNumber } from '../whole-numbers';

/** Which signatures are taken. */
export interface HttpVerifierOptions {
  /** The keys that may have signed. */
  readonly keys: KeySource;
  /**
   * What a signature must cover: what it does not, anybody may have changed. Written as `components` of the signer; an empty list asks for nothing, and even a
   * signature over nothing is one (RFC 9421 appendix B.2.1).
   */
  readonly requiredComponents: readonly string[];
  /** Seconds since a signature was made, which it has to say. @default 300 */
  readonly maxAgeSeconds?: number;
  /** Seconds by which clocks may differ, up to 3600. @default 60 */
  readonly toleranceSeconds?: number;
  /** For which application a signature must be. @default - any, or none */
  readonly tag?: string;
  /** Bytes of a response that `fetch` reads. @default 16777216, 16 MiB */
  readonly maxBodyBytes?: number;
  /** What `fetch` asks with. @default - the `fetch` of Node */
  readonly fetch?: typeof fetch;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** An authentic signature, and what it covers. Nothing else of the message is authentic. */
export interface VerifiedHttp {
  /** Which key signed: its `kid`, or its thumbprint where it has none. */
  readonly kid: string;
  /** Which of the signatures of the message it is. */
  readonly label: string;
  /** What it covers, as it stands there: `"@status"`, `"@method";req`. */
  readonly components: readonly string[];
  /** Seconds since 1970: when it was made. */
  readonly created: number;
  /** Seconds since 1970: no longer valid from then on. */
  readonly expires?: number;
  /** To tell that a message was seen before. */
  readonly nonce?: string;
  readonly tag?: string;
}

/** Tells messages of HTTP that are authentic from all others. */
export interface HttpVerifier {
  /**
   * `fetch` that hands out authentic responses only. It reads the whole body, asks for one that is not compressed, since the digest is of what is sent, and
   * follows no redirects: with `redirect: 'manual'` they are responses like others.
   *
   * @throws as `verifyResponse`, and what the other `fetch` does; `ERR_KEYSMITH_LIMIT` for a body over `maxBodyBytes`
   */
  readonly fetch: typeof fetch;

  /**
   * The signature that makes a request authentic; of several that it has, one is enough.
   *
   * @throws `ERR_KEYSMITH_FORMAT` for a message without a signature; `ERR_KEYSMITH_LIMIT` for over 16 of them, or over 32 KiB; `ERR_KEYSMITH_NOT_AUTHENTIC`, in one
   *   way, for whatever else is wrong: fields, body, coverage, tag, key or signature; of authentic ones `ERR_KEYSMITH_EXPIRED`, and `ERR_KEYSMITH_CLAIMS` where it does
   *   not say when it was made, or a time to come; `ERR_KEYSMITH_KEYS_UNAVAILABLE` where the key set could not be had
   */
  verifyRequest(message: HttpRequestParts, options?: CallOptions): Promise<VerifiedHttp>;

  /** The same for a response. @param request - what it answers, as it was sent: for components with `req` */
  verifyResponse(message: HttpResponseParts, request?: HttpRequestParts, options?: CallOptions): Promise<VerifiedHttp>;
}

const OPTIONS = ['keys', 'requiredComponents', 'maxAgeSeconds', 'toleranceSeconds', 'tag', 'maxBodyBytes', 'fetch', 'now'];

/** Each costs a verification. */
const MOST_SIGNATURES = 16;
/** Characters of `Signature-Input` and `Signature` together: a signature of ML-DSA-87 takes 6 KiB. */
const LONGEST = 32_768;

/** A signature that covers what it has to, and whose content is what it says; how to find out whether it is authentic. */
interface Candidate {
  readonly label: string;
  readonly components: readonly Component[];
  readonly parameters: ReadonlyMap<string, BareItem>;
  readonly alg: string | undefined;
  readonly base: Buffer;
  readonly signature: Buffer;
}

/**
 * A verifier of HTTP Message Signatures (RFC 9421). Which algorithm and key one is verified with, the keys decide: it only names one of them.
 *
 * @throws `ERR_KEYSMITH_INPUT` for options that cannot work: no key that verifies, or nothing said of what has to be covered
 */
export function createHttpVerifier(options: HttpVerifierOptions): HttpVerifier {
  const { keys, requiredComponents, tag, maxBodyBytes = 2 ** 24, fetch: ask = fetch } = (
    requireTypes(knownOptions(options, OPTIONS), { fetch: 'function' })
  );
  const find = finderIn(keys);
  if (!Array.isArray(requiredComponents)) {
    throw invalid(`'requiredComponents' is ${ofType(requiredComponents)}: give a list of what has to be covered, such as ["@status", "content-digest", "@target-uri;req"]`);
  }
  const required = requiredComponents.map(componentOf);
  requireText('tag', tag);
  wholeNumber('maxBodyBytes', maxBodyBytes);
  const checkTimes = timesCheckOf(options);

  async function verify(message: HttpMessage, callOptions: CallOptions = {}): Promise<VerifiedHttp> {
    const call = knownOptions(callOptions, ['abortSignal']);
    call.abortSignal?.throwIfAborted();
    requirePossible(required, message);
    // All of the message is looked at before anything is waited for: the caller may change it right after the call.
    const candidates = signaturesOf(message).flatMap((signature) => candidateOf(signature, message, required, tag) ?? []);
    let problem = failure('NOT_AUTHENTIC', NOT_AUTHENTIC);
    for (const { label, components, parameters, alg, base, signature } of candidates) {
      const key = await find(alg, parameters.get('keyid') as string | undefined, call);
      if (!key || !await key.check(base, signature)) continue;
      try {
        checkTimes(parameters);
        return { kid: key.kid, label, components: components.map(({ id }) => id), ...readable(parameters) };
      } catch (error) {
        problem = error as KeysmithError;
      }
    }
    throw problem;
  }

  const verifier = {
    verifyRequest: async (message: HttpRequestParts, asked?: CallOptions) => verify(requestMessage(message), asked),
    verifyResponse: async (message: HttpResponseParts, request?: HttpRequestParts, asked?: CallOptions) => (
      verify(responseMessage(message, request), asked)
    ),
  };
  return { ...verifier, fetch: verifyingFetch(ask, maxBodyBytes, verifier.verifyResponse) };
}

/** Refuses what no signature of such a message could cover: a mistake of the caller, not a fault of the message. */
function requirePossible(required: readonly Component[], message: HttpMessage): void {
  for (const component of required) {
    const { name, id, parameters } = component;
    const source = sourceOf(component, message);
    if (!source) throw invalid(`'requiredComponents' has ${id}: ${message.target ? 'a request answers none' : 'give the request that the response answers'}`);
    if (isDerived(name) && isOfRequests(name) !== Boolean(source.target)) {
      const instead = isOfRequests(name) && !parameters.has('req') ? `: ask for '${name};req'` : '';
      throw invalid(`'requiredComponents' has ${id}, which is none of a ${source.target ? 'request' : 'response'}${instead}`);
    }
  }
}

/** A member of both fields. */
interface LabelledSignature {
  readonly label: string;
  readonly input: InnerList;
  readonly signature: Buffer;
}

function signaturesOf({ fields }: HttpMessage): LabelledSignature[] {
  const [inputText, signatureText] = ['signature-input', 'signature'].map((name) => (fields.get(name) ?? []).join(', '));
  if (!inputText || !signatureText) throw failure('FORMAT', "the message is not signed: it lacks 'signature-input' or 'signature'");
  const length = inputText.length + signatureText.length;
  if (length > LONGEST) throw failure('LIMIT', `the signatures have ${length} characters, over the limit of ${LONGEST}`);
  let inputs: Dictionary;
  let signatures: Dictionary;
  try {
    [inputs, signatures] = [readDictionary(inputText), readDictionary(signatureText)];
  } catch {
    throw failure('NOT_AUTHENTIC', NOT_AUTHENTIC);
  }
  if (inputs.size > MOST_SIGNATURES) throw failure('LIMIT', `the message has ${inputs.size} signatures, over the limit of ${MOST_SIGNATURES}`);
  return [...inputs].flatMap(([label, input]) => {
    const [value] = signatures.get(label) ?? [];
    if (!isInnerList(input) || !(value instanceof ArrayBuffer)) return [];
    const signature = Buffer.from(value);
    // In one way only: base64 can be written with other bits at its end.
    return signatureText.includes(writeBytes(signature)) ? [{ label, input, signature }] : [];
  });
}

function candidateOf(
  { label, input, signature }: LabelledSignature, message: HttpMessage, required: readonly Component[], tag: string | undefined,
): Candidate | undefined {
  const [items, parameters] = input;
  const given = parameters.get('alg');
  const alg = given === undefined ? undefined : joseAlgorithmOf(given);
  if (!haveTypes(parameters) || (given !== undefined && !alg) || (tag !== undefined && parameters.get('tag') !== tag)) return undefined;
  try {
    const components = items.map(componentOfItem);
    const covered = new Set(components.map(({ identity }) => identity));
    if (!required.every(({ identity }) => covered.has(identity))) return undefined;
    if (!components.every((component) => hasCoveredContent(component, message))) return undefined;
    return { label, components, parameters, alg, base: signatureBase(components, message, writeInnerList(input)), signature };
  } catch (error) {
    // It covers what the message does not have.
    if (isKeysmithError(error) && error.code === 'ERR_KEYSMITH_INPUT') return undefined;
    throw error;
  }
}

const NUMBERS = ['created', 'expires'];
const TEXTS = ['keyid', 'nonce', 'tag', 'alg'];

/** RFC 9421 section 2.3. Parameters that nobody knows are signed like others, and say nothing. */
function haveTypes(parameters: ReadonlyMap<string, BareItem>): boolean {
  return [...parameters].every(([name, value]) => (
    (!NUMBERS.includes(name) || Number.isInteger(value)) && (!TEXTS.includes(name) || typeof value === 'string')
  ));
}

function readable(parameters: ReadonlyMap<string, BareItem>): Pick<VerifiedHttp, 'created' | 'expires' | 'nonce' | 'tag'> {
  const names = ['created', 'expires', 'nonce', 'tag'].filter((name) => parameters.has(name));
  return Object.fromEntries(names.map((name) => [name, parameters.get(name)])) as unknown as Pick<VerifiedHttp, 'created'>;
}

function timesCheckOf(options: HttpVerifierOptions): (parameters: ReadonlyMap<string, BareItem>) => void {
  const { maxAgeSeconds = 300, toleranceSeconds = 60 } = options;
  const now = clockOf(options.now);
  const age = wholeNumber('maxAgeSeconds', maxAgeSeconds);
  const tolerance = wholeNumber('toleranceSeconds', toleranceSeconds, 0, MOST_TOLERANCE_SECONDS);

  return (parameters) => {
    const seconds = now() / 1000;
    const created = parameters.get('created') as number | undefined;
    const expires = parameters.get('expires') as number | undefined;
    if (created === undefined) throw failure('CLAIMS', "the signature does not say when it was made: 'created' is missing");
    if (created > seconds + tolerance) throw failure('CLAIMS', `the signature was made at ${created} (seconds since 1970), which is to come`);
    if (created <= seconds - tolerance - age) throw failure('EXPIRED', `the signature was made at ${created} (seconds since 1970), over ${age} seconds ago`);
    if (expires !== undefined && expires <= seconds - tolerance) throw failure('EXPIRED', `the signature was valid until ${expires} (seconds since 1970)`);
  };
}
