import { Duration, Stack, Token } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { issuerGiven } from './issuer';
import { JwksHosting } from './jwks-hosting';
import { SigningDuty, type SigningKey } from '../keys';
import { SIGNING } from '../spec/signing';
import { JWKS_ENDPOINT, JWKS_PATH, publishedKeyName, type JwksEndpointContract } from '../spec/signing-api';

/** What a key set is made of, and where it is published. */
export interface JwksEndpointProps {
  /** The keys. Of each, all generations are published that are not retired. */
  readonly keys: SigningKey[];

  /**
   * The issuer of the tokens, an https URL. With it `/.well-known/openid-configuration` is served, which verifiers fetch below the issuer's own URL: lead it there.
   *
   * @default - none, and no discovery document
   */
  readonly issuer?: string;

  /**
   * How long caches may keep the keys. A new key is published for that long, and for as long as verifiers keep a set, before it signs.
   *
   * @default Duration.minutes(5)
   */
  readonly cacheAge?: Duration;

  /**
   * Where the keys are.
   *
   * @default JwksHosting.httpApi()
   */
  readonly hosting?: JwksHosting;

  /**
   * Name of the role of the function. It is needed where the key is in another stack, which is deployed first: its policy can name no role that has no name yet.
   *
   * @default - CloudFormation makes a name
   */
  readonly roleName?: string;
}

/**
 * Publishes the public halves of signing keys to everybody: `/.well-known/jwks.json` for libraries, `/keys/<kid>.pem` for openssl, and the discovery document of an issuer.
 *
 * Its function may read public keys (`GetPublicKey`), and do nothing else with a key.
 */
export class JwksEndpoint extends Construct {
  /** Where it is, without a slash at the end. */
  public readonly url: string;
  /** Where the key set is. */
  public readonly jwksUrl: string;
  /** What reads the public keys. */
  public readonly handler: IFunction;

  constructor(scope: Construct, id: string, props: JwksEndpointProps) {
    super(scope, id);
    const { keys, cacheAge = Duration.minutes(5), hosting = JwksHosting.httpApi() } = props;
    if (!keys?.length) throw new Error(`'${this.node.path}' has no keys: name those whose public halves it publishes`);
    keys.forEach((key) => this.refuseUnpublishable(key));
    const twice = keys.find((key, index) => keys.indexOf(key) < index);
    if (twice) throw new Error(`'${this.node.path}' has '${twice.node.path}' twice`);
    if (!Token.isUnresolved(cacheAge.toMilliseconds()) && cacheAge.toMilliseconds() < 1000) throw new Error(`'${this.node.path}': cacheAge is less than a second, and caches count in seconds`);

    const issuer = issuerGiven(props.issuer, this.node.path);
    const { url, handler, serve } = hosting._host(this, issuer !== undefined, props.roleName);
    keys.forEach((key, index) => key.attachTo(handler, { name: publishedKeyName(index), duties: [SigningDuty.READ_PUBLIC_KEY] }));
    const contract: JwksEndpointContract = { keys: keys.length, url, maxAgeSeconds: cacheAge.toSeconds(), ...(issuer !== undefined && { issuer }) };
    handler.addEnvironment(JWKS_ENDPOINT, Stack.of(this).toJsonString(contract));
    serve();
    this.url = url;
    this.jwksUrl = `${url}${JWKS_PATH}`;
    this.handler = handler;
  }

  private refuseUnpublishable(key: SigningKey): void {
    if (SIGNING[key.algorithm].jose) return;
    throw new Error(`'${this.node.path}': '${key.node.path}' signs with ${key.algorithm}, for which JOSE has no name: hand out its publicKeyPem instead`);
  }
}
