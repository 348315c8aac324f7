import { DetachedSigners } from './detached-signers';
import { settingsIn } from './environment';
import { answering } from './failures';
import type { HttpAnswer, HttpEvent, HttpHandler } from './http';
import { bodyOf, json, Refusal } from './http';
import { PublishedKeys } from './published-keys';
import type { AttachedKeyOptions, AttachedSigningKey, Environment, JwtSigner } from '../runtime';
import { createJwtSigner, signingKeyFromEnvironment } from '../runtime';
import { readJsonObject, type JsonObject } from '../runtime/tokens/json-object';
import type { DigestRouteContract, JwtRouteContract, PayloadRouteContract, SigningApiContract, SigningRouteContract } from '../spec/signing-api';
import { API_KEY_NAME, JSON_BODY_BYTES, SIGNING_API } from '../spec/signing-api';

/** What the function behind a `SigningApi` is made of. */
export interface SigningApiHandlerOptions {
  readonly kms: AttachedKeyOptions['kms'];
  /** Written by the construct. */
  readonly env: Environment;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/**
 * The function behind a `SigningApi`: which route a request came in by is API Gateway's word, and what may be signed there the construct's. The body is looked
 * at before KMS is asked for anything.
 */
export function createSigningApiHandler({ kms, env, now = Date.now }: SigningApiHandlerOptions): HttpHandler {
  const { routes, issuer, published } = settingsIn<SigningApiContract>(SIGNING_API, env);
  const key = signingKeyFromEnvironment(API_KEY_NAME, { kms, env });
  const keys = published && new PublishedKeys([key], published, now);
  const byRouteKey = new Map(routes.map((route) => [`POST ${route.path}`, handlerOf(route, key, issuer, now)]));
  return answering(async (event) => {
    const answer = await byRouteKey.get(event.routeKey)?.(event) ?? await keys?.answer(event);
    if (!answer) throw new Refusal(404, 'not_found', 'nothing is served here');
    return answer;
  });
}

function handlerOf(route: SigningRouteContract, key: AttachedSigningKey, issuer: string, now: () => number): HttpHandler {
  if (route.kind === 'jwt') {
    const signer = createJwtSigner({ ...key, issuer, lifetimeSeconds: route.lifetimeSeconds, now });
    return (event) => issue(event, route, signer);
  }
  const signers = new DetachedSigners(key);
  return route.kind === 'payload' ? (event) => signPayload(event, route, signers) : (event) => signDigest(event, route, signers);
}

async function issue(event: HttpEvent, route: JwtRouteContract, signer: JwtSigner): Promise<HttpAnswer> {
  const { audience, claims } = membersOf(event, ['audience', 'claims']);
  const asked = audience ?? (route.audiences.length === 1 ? route.audiences[0] : undefined);
  if (typeof asked !== 'string') throw new Refusal(400, 'invalid_request', `'audience' names one of ${route.audiences.join(', ')}`);
  if (!route.audiences.includes(asked)) throw new Refusal(403, 'audience_not_allowed', `tokens are issued for ${route.audiences.join(', ')}`);
  const given = claims ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) throw new Refusal(400, 'invalid_request', "'claims' is an object");
  const foreign = Object.keys(given).filter((name) => !route.claims.includes(name));
  if (foreign.length) throw new Refusal(403, 'claim_not_allowed', `claims that may be given here: ${route.claims.join(', ') || 'none'}`);
  const token = await signer.sign({ ...given, ...(route.subjectFromCaller && { sub: callerOf(event) }), aud: asked });
  return json(200, { token, expiresIn: route.lifetimeSeconds });
}

/** A session of a role, up to the name of the session, which whoever assumes a role chooses; or a user, or the root of an account. */
const CALLER = /^(arn:[^:]+:sts::\d+:assumed-role\/[^/]+)\/|^(arn:[^:]+:iam::\d+:(?:user\/.+|root))$/;

/**
 * Who calls, by what API Gateway has verified: the role of a session, the user, or `sub` of a token. A session that a user has made for somebody (`federated-user`) has no
 * name but one that this user chose. IAM User Guide, "IAM identifiers".
 */
function callerOf({ requestContext }: HttpEvent): string {
  const { iam, jwt } = requestContext?.authorizer ?? {};
  const [, role, user] = CALLER.exec(iam?.userArn ?? '') ?? [];
  const subject = iam ? role ?? user : jwt?.claims?.sub;
  if (typeof subject !== 'string' || !subject) throw new Refusal(403, 'no_subject', 'the caller has no name that a token could be issued to');
  return subject;
}

async function signPayload(event: HttpEvent, { maxBytes }: PayloadRouteContract, signers: DetachedSigners): Promise<HttpAnswer> {
  // What API Gateway takes for text reaches the function decoded, where bytes that are no UTF-8 are no longer what was sent.
  if (!event.isBase64Encoded) throw new Refusal(415, 'unsupported_media_type', 'send the bytes to be signed as content-type application/octet-stream');
  const bytes = bodyOf(event);
  if (bytes.length > maxBytes) throw new Refusal(413, 'too_large', `up to ${maxBytes} bytes are signed here: send the digest of more, or sign where the bytes are`);
  return json(200, await signers.signPayload(bytes));
}

async function signDigest(event: HttpEvent, _: DigestRouteContract, signers: DetachedSigners): Promise<HttpAnswer> {
  const { digest } = membersOf(event, ['digest']);
  const bytes = typeof digest === 'string' ? Buffer.from(digest, 'base64') : undefined;
  if (!bytes || bytes.toString('base64') !== digest) throw new Refusal(400, 'invalid_request', "'digest' is base64, as RFC 4648 section 4 has it");
  return json(200, await signers.signDigest(bytes));
}

/** The members of a JSON body. */
function membersOf(event: HttpEvent, known: readonly string[]): JsonObject {
  const bytes = bodyOf(event);
  if (bytes.length > JSON_BODY_BYTES) throw new Refusal(413, 'too_large', `the body has ${bytes.length} bytes, and ${JSON_BODY_BYTES} are read`);
  const members = readJsonObject(bytes);
  if (!members) throw new Refusal(400, 'invalid_request', 'the body is no JSON object, or names a member twice');
  const foreign = Object.keys(members).filter((name) => !known.includes(name));
  if (foreign.length) throw new Refusal(400, 'invalid_request', `the body has members besides ${known.join(', ')}`);
  return members;
}
