import { Duration, Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { RoutedApi } from './http-routes';
import { issuerGiven } from './issuer';
import { publishedRoutes } from './published-routes';
import { SigningApiMetrics } from './signing-api-metrics';
import type { SigningAuthorizer } from './signing-authorizer';
import type { SigningRoute } from './signing-route';
import { signatureRate } from './signing-throttle';
import { keepTokensApart } from './token-keys';
import { SigningDuty, type SigningKey } from '../keys';
import { handlerFunction } from '../keys/handler-function';
import { API_KEY_NAME, SIGNING_API, type SigningApiContract, type SigningRouteContract } from '../spec/signing-api';

/** How many signatures a `SigningApi` makes, of all its routes together. What is over it is answered with 429, before anything is paid but the request. */
export interface SigningThrottle {
  /** Requests a second. */
  readonly rateLimit: number;

  /**
   * Requests at once.
   *
   * @default - as many as `rateLimit`
   */
  readonly burstLimit?: number;
}

/** What a signing API is made of. */
export interface SigningApiProps {
  /** The key that signs. */
  readonly key: SigningKey;

  /** Who may have something signed. */
  readonly authorizer: SigningAuthorizer;

  /** What is signed, and where. */
  readonly routes: SigningRoute[];

  /**
   * `iss` of tokens, an https URL. Where it is that of a custom domain, map the domain to `api`.
   *
   * @default - the URL of the API
   */
  readonly issuer?: string;

  /**
   * How many signatures are made.
   *
   * @default - 100 a second, a tenth of what KMS does for all keys of the kind in account and Region: one API does not stop the others
   */
  readonly throttle?: SigningThrottle;

  /**
   * How long caches may keep published keys. A new key is published for that long before it signs.
   *
   * @default Duration.minutes(5)
   */
  readonly cacheAge?: Duration;

  /**
   * Name of the role of the function. It is needed where the key is in another stack, which is deployed first: its policy can name no role that has no name yet.
   *
   * @default - CloudFormation makes a name
   */
  readonly roleName?: string;

  /**
   * Whether the function is traced with AWS X-Ray. HTTP APIs themselves are not.
   *
   * @default false
   */
  readonly tracing?: boolean;
}

/**
 * An HTTP API that signs with a key of KMS: tokens, payloads, digests, and the public keys to verify them with. Nothing is open to everybody but the public keys.
 *
 * Its function may sign with the active generation of the key and read public keys, and may do nothing else but write to its log. The access log has who asked what
 * when, and nothing of what was signed. Cost of a million signatures: 1 USD for the API, about 1 for the function, and 15 for KMS (3 for keys of 2048 bits of RSA).
 *
 * Compression by something in front of it does no harm, as no signature is over an answer.
 */
export class SigningApi extends Construct {
  /** Where it is, without a slash at the end. */
  public readonly url: string;
  /** What API Gateway made of it: for custom domains. */
  public readonly api: HttpApi;
  /** The function behind it. */
  public readonly handler: IFunction;
  /** What CloudWatch counts. */
  public readonly metrics: SigningApiMetrics;

  private readonly signed: readonly SigningRouteContract[];
  private readonly routed: RoutedApi;
  private readonly isIam: boolean;

  constructor(scope: Construct, id: string, props: SigningApiProps) {
    super(scope, id);
    const { key, authorizer, routes, tracing, roleName, cacheAge = Duration.minutes(5) } = props;
    this.signed = signedRoutes(this, key, routes);
    const publishes = this.signed.length < routes.length;
    const throttle = signatureRate(props.throttle, Math.max(this.signed.length, 1), this.node.path);
    this.isIam = authorizer._isIam;

    const handler = handlerFunction(this, 'Handler', { handler: 'signing-api', description: `Signs for ${this.node.path}`.slice(0, 256), timeout: Duration.seconds(15), tracing, roleName });
    key.attachTo(handler, { name: API_KEY_NAME, duties: [this.signed.length ? SigningDuty.ISSUE_TOKENS : SigningDuty.READ_PUBLIC_KEY] });

    this.routed = new RoutedApi(this, `Signs with ${key.node.path}`);
    this.api = this.routed.api;
    this.url = this.api.apiEndpoint;
    this.handler = handler;
    this.metrics = SigningApiMetrics._of(this.api, handler);

    const issuesTokens = this.signed.some(({ kind }) => kind === 'jwt');
    const issuer = issuerGiven(props.issuer, this.node.path) ?? this.url;
    const contract: SigningApiContract = {
      routes: this.signed,
      issuer,
      ...(publishes && { published: { url: this.url, maxAgeSeconds: cacheAge.toSeconds(), ...(issuesTokens && { issuer }) } }),
    };
    handler.addEnvironment(SIGNING_API, contractText(contract, this));

    const bound = authorizer._bind('Authorizer');
    this.routed.serve(handler, [
      ...this.signed.map(({ path }) => ({ routeKey: `POST ${path}`, authorizer: bound, throttle })),
      ...publishes ? publishedRoutes(issuesTokens) : [],
    ]);
  }

  /**
   * Lets somebody have something signed (`execute-api:Invoke`), with `SigningAuthorizer.iam()`.
   *
   * @param grantee who
   * @param paths which routes; all that sign, if none is named
   */
  public grantInvoke(grantee: IGrantable, ...paths: string[]): Grant {
    if (!this.isIam) throw new Error(`'${this.node.path}' lets in tokens of an issuer, not AWS principals: grantInvoke is for SigningAuthorizer.iam()`);
    const known = this.signed.map(({ path }) => path);
    const unknown = paths.filter((path) => !known.includes(path));
    if (unknown.length) throw new Error(`'${this.node.path}' signs nothing at '${unknown.join("', '")}': it has ${known.join(', ')}`);
    const { httpApiId } = this.api;
    const resourceArns = (paths.length ? paths : known).map((path) => Stack.of(this).formatArn({
      service: 'execute-api', resource: httpApiId, resourceName: `$default/POST${path}`,
    }));
    return Grant.addToPrincipal({ grantee, actions: ['execute-api:Invoke'], resourceArns });
  }
}

function signedRoutes(api: SigningApi, key: SigningKey, routes: readonly SigningRoute[]): SigningRouteContract[] {
  const where = api.node.path;
  if (!routes?.length) throw new Error(`'${where}' has no routes: name what is signed, SigningRoute.jwt(…) for instance`);
  const signed = routes.map((route) => route._contract(key, `'${where}'`)).filter((route) => route !== undefined);
  if (routes.length - signed.length > 1) throw new Error(`'${where}' publishes its keys twice: once is enough`);
  const twice = signed.find(({ path }, index) => signed.findIndex((route) => route.path === path) < index);
  if (twice) throw new Error(`'${where}' has two routes at '${twice.path}'`);
  for (const { kind } of signed) keepTokensApart(key, kind === 'jwt' ? 'tokens' : 'anything', api);
  return signed;
}

/** Lambda gives all variables of a function 4 KiB together (Lambda Developer Guide, "Lambda quotas"); the key takes some of them. */
const MOST_CHARACTERS = 3000;

function contractText(contract: SigningApiContract, api: SigningApi): string {
  const { length } = JSON.stringify(contract);
  if (length > MOST_CHARACTERS) throw new Error(`'${api.node.path}' has routes of ${length} characters, and a function can be told ${MOST_CHARACTERS}: shorten the lists, or make two APIs`);
  return Stack.of(api).toJsonString(contract);
}
