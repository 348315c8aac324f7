import { componentOf } from './components';
import type { Component } from './components';
import { CONTENT_DIGEST, contentDigest, isDigestOf } from './content-digest';
import { requestMessage, responseMessage } from './http-message';
import type { HttpMessage, HttpRequestParts, HttpResponseParts } from './http-message';
import { signatureBase } from './signature-base';
import { readDictionary, writeBytes, writeDictionary, writeInnerList } from '../../structured-fields';
import type { BareItem, Dictionary, InnerList } from '../../structured-fields';
import { invalid } from '../errors';
import type { CallOptions } from '../kms-port';
import { clockOf } from '../option-types';
import type { PublishedJwk } from '../public-jwk';
import { ofType, quoted } from '../text';
import { requireText } from '../text-options';
import { JOSE_KEY_OPTIONS, JoseKeys } from '../tokens/jose-key';
import type { JoseKeyOptions } from '../tokens/jose-key';
import { knownOptions, wholeNumber } from '../whole-numbers';

/** Which key signs, and what of a message. */
export interface HttpSignerOptions extends JoseKeyOptions {
  /** Tells signatures of one message apart. @default 'sig1' */
  readonly label?: string;
  /** For which application the signature is, such as `billing-api`: verifiers can ask for it. @default - none */
  readonly tag?: string;
  /**
   * What each signature covers: fields, in any case, and derived components, with their parameters: `content-type`, `@method;req`,
   * `"@query-param";name="id"` (RFC 9421 section 2).
   *
   * @default - of requests `@method`, `@target-uri`, `content-type` where there is one, and `content-digest`; of responses `@status`, `content-type` where there is
   *   one, `content-digest`, and of the request that they answer, where it is given, `@method;req` and `@target-uri;req`
   */
  readonly components?: readonly string[];
  /** Seconds for which signatures say that they are valid. @default - they say when they were made, and verifiers decide */
  readonly expiresSeconds?: number;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/**
 * Fields to set on a message, names in lower case. Signatures that the message had are among them: set these, rather than to append them.
 * `content-digest` is there where the signature covers it and the message did not have it.
 */
export type SignatureHeaders = Readonly<Record<string, string>> & { readonly 'signature-input': string; readonly 'signature': string };

/** Signs messages of HTTP with a key that never leaves KMS. */
export interface HttpSigner {
  /**
   * The fields that sign a request (RFC 9421), made with one call of Sign.
   *
   * @throws `ERR_KEYSMITH_INPUT` before any call, for what is no request, and for a component that it does not have; `ERR_KEYSMITH_ACCESS_DENIED` where neither the
   *   key nor another generation may sign; the codes of KMS's other errors
   */
  signRequest(message: HttpRequestParts, options?: CallOptions): Promise<SignatureHeaders>;

  /** The same for a response. @param request - what it answers, for components with `req` */
  signResponse(message: HttpResponseParts, request?: HttpRequestParts, options?: CallOptions): Promise<SignatureHeaders>;

  /** The active key, as `jwksOf` publishes it. */
  publicJwk(options?: CallOptions): Promise<PublishedJwk>;
}

const OPTIONS = /* @__PURE__ */ JOSE_KEY_OPTIONS.concat('label', 'tag', 'components', 'expiresSeconds', 'now');

/** RFC 9651 section 3.1.2: a key. */
const LABEL = /^[a-z*][a-z0-9_\-.*]*$/;
const ASCII = /^[\x20-\x7e]*$/;

const OF_REQUESTS = ['@method', '@target-uri', 'content-type', CONTENT_DIGEST];
const OF_RESPONSES = ['@status', 'content-type', CONTENT_DIGEST];
const OF_THEIR_REQUESTS = ['@method;req', '@target-uri;req'];

/**
 * A signer of HTTP messages over Sign of KMS: `createHttpSigner({ ...signingKeyFromEnvironment('API', { kms }), tag: 'billing-api' })`. The name of the key
 * goes into `keyid`, and no algorithm into `alg`: the key says it.
 *
 * @throws `ERR_KEYSMITH_INPUT` for options that cannot work
 */
export function createHttpSigner(options: HttpSignerOptions): HttpSigner {
  const { label = 'sig1', tag, components, expiresSeconds, now: clock, ...key } = knownOptions(options, OPTIONS);
  const now = clockOf(clock);
  if (typeof label !== 'string' || !LABEL.test(label)) throw invalid(`'label' is ${typeof label === 'string' ? quoted(label) : ofType(label)}: give one such as "sig1"`);
  requireText('tag', tag);
  if (tag !== undefined && !ASCII.test(tag)) throw invalid(`'tag' is ${quoted(tag)}: give ASCII`);
  if (expiresSeconds !== undefined) wholeNumber('expiresSeconds', expiresSeconds);
  if (components !== undefined && !Array.isArray(components)) throw invalid(`'components' is ${ofType(components)}: give a list`);
  const chosen = components?.map(componentOf);
  const keys = new JoseKeys(key);

  async function sign(message: HttpMessage, defaults: readonly string[], callOptions: CallOptions = {}): Promise<SignatureHeaders> {
    const { abortSignal } = knownOptions(callOptions, ['abortSignal']);
    abortSignal?.throwIfAborted();
    const covered = chosen ?? defaults.map(componentOf).filter(({ name }) => name !== 'content-type' || message.fields.has(name));
    const { digest, complete } = withDigest(message, covered);
    const before = signaturesOf(message, label);
    const created = Math.floor(now() / 1000);
    const inputFor = (kid: string): InnerList => [covered.map(({ name, parameters }) => [name, parameters] as const), new Map<string, BareItem>([
      ['created', created], ...(expiresSeconds === undefined ? [] : [['expires', created + expiresSeconds] as const]), ['keyid', keyId(kid)],
      ...(tag === undefined ? [] : [['tag', tag] as const]),
    ])];
    // Before anything is waited for: the caller may change the message right after the call, and a component that it lacks needs no call of KMS.
    signatureBase(covered, complete, '');
    let input: InnerList | undefined;
    const signature = await keys.signBytes((kid) => signatureBase(covered, complete, writeInnerList(input = inputFor(kid))), abortSignal);
    return {
      ...(digest !== undefined && { [CONTENT_DIGEST]: digest }),
      'signature-input': writeDictionary(new Map([...before.inputs, [label, input!]])),
      'signature': join(before.signatures, `${label}=${writeBytes(signature)}`),
    };
  }

  return {
    publicJwk: (asked) => keys.active.publicJwk(asked),
    signRequest: async (message, asked) => sign(requestMessage(message), OF_REQUESTS, asked),
    signResponse: async (message, request, asked) => (
      sign(responseMessage(message, request), request ? OF_RESPONSES.concat(OF_THEIR_REQUESTS) : OF_RESPONSES, asked)
    ),
  };
}

function keyId(kid: string): string {
  if (ASCII.test(kid)) return kid;
  throw invalid(`the 'kid' ${quoted(kid)} has characters other than ASCII, which no 'keyid' has: give another`);
}

/** The message with a digest of its content, where one is covered and there is none. */
function withDigest(message: HttpMessage, covered: readonly Component[]): { readonly digest?: string; readonly complete: HttpMessage } {
  const { fields, body } = message;
  if (!covered.some(({ name, parameters }) => name === CONTENT_DIGEST && !parameters.has('req') && !parameters.has('tr'))) return { complete: message };
  const lines = fields.get(CONTENT_DIGEST);
  if (!lines) {
    const digest = contentDigest(body);
    return { digest, complete: { ...message, fields: new Map([...fields, [CONTENT_DIGEST, [digest]]]) } };
  }
  if (body !== undefined && !isDigestOf(lines, body)) throw invalid("'content-digest' of the message is not that of its body: leave it out, and it is made");
  return { complete: message };
}

/** Signatures that the message has already. */
function signaturesOf({ fields }: HttpMessage, label: string): { readonly inputs: Dictionary; readonly signatures: string } {
  const [inputs, signatures] = ['signature-input', 'signature'].map((name) => {
    const text = (fields.get(name) ?? []).join(', ');
    try {
      return { text, members: readDictionary(text) };
    } catch (error) {
      throw invalid(`'${name}' of the message cannot be read: ${(error as Error).message}`, error);
    }
  });
  if (inputs.members.has(label) || signatures.members.has(label)) throw invalid(`the message has a signature labelled ${quoted(label)} already: give another 'label'`);
  return { inputs: inputs.members, signatures: signatures.text };
}

const join = (before: string, own: string): string => (before ? `${before}, ${own}` : own);
