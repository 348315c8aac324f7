import { CustomResource, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { CachePolicy, Distribution, HttpVersion, ResponseHeadersPolicy, SecurityPolicyProtocol, ViewerProtocolPolicy } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction, Function } from 'aws-cdk-lib/aws-lambda';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership, type CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { RoutedApi } from './http-routes';
import { publishedRoutes } from './published-routes';
import { handlerFunction } from '../keys/handler-function';

/** How keys are published by CloudFront. */
export interface CloudFrontHostingOptions {
  /**
   * A domain name of your own, `keys.example.com`, that leads to the distribution.
   *
   * @default - the distribution's own, d111111abcdef8.cloudfront.net
   */
  readonly domainName?: string;

  /**
   * The certificate for the domain name, in us-east-1.
   *
   * @default - none, and no domain name
   */
  readonly certificate?: ICertificate;
}

/** A host of published keys, of which a `JwksEndpoint` is made. */
export interface Hosted {
  /** Without a slash at the end. */
  readonly url: string;
  /** What reads the public keys. */
  readonly handler: Function;
  /** To be called when the settings of the handler are complete. */
  readonly serve: () => void;
}

/** Where a `JwksEndpoint` is. */
export abstract class JwksHosting {
  /**
   * An HTTP API and a function, which asks KMS for public keys when its copy is as old as the cache age. A key that is disabled is gone then, without a deployment.
   * About 1.20 USD a million requests.
   */
  public static httpApi(): JwksHosting {
    return new HttpApiHosting();
  }

  /**
   * CloudFront over a bucket, into which each deployment writes the keys: for many readers, and where KMS is not to be in the way. A key that is disabled stays until the
   * next deployment; retire it instead.
   */
  public static cloudFront(options: CloudFrontHostingOptions = {}): JwksHosting {
    return new CloudFrontHosting(options);
  }

  /** @internal */
  public abstract _host(scope: Construct, hasIssuer: boolean, roleName?: string): Hosted;
}

class HttpApiHosting extends JwksHosting {
  public _host(scope: Construct, hasIssuer: boolean, roleName?: string): Hosted {
    const handler = handlerFunction(scope, 'Handler', { handler: 'jwks', description: `Publishes keys for ${scope.node.path}`.slice(0, 256), timeout: Duration.seconds(10), roleName });
    const routed = new RoutedApi(scope, `Public keys of ${scope.node.path}`);
    return { url: routed.api.apiEndpoint, handler, serve: () => routed.serve(handler, publishedRoutes(hasIssuer)) };
  }
}

class CloudFrontHosting extends JwksHosting {
  constructor(private readonly options: CloudFrontHostingOptions) {
    super();
    const { domainName, certificate } = options;
    if ((domainName === undefined) !== (certificate === undefined)) throw new Error('JwksHosting.cloudFront(…): domainName and certificate go together: give both, or neither');
  }

  public _host(scope: Construct, _hasIssuer: boolean, roleName?: string): Hosted {
    const { domainName, certificate } = this.options;
    const bucket = new Bucket(scope, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      // What is in it is made anew from KMS, and the handler takes it away when the stack goes.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const distribution = new Distribution(scope, 'Distribution', {
      comment: `Public keys of ${scope.node.path}`.slice(0, 128),
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(bucket),
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        responseHeadersPolicy: ResponseHeadersPolicy.CORS_ALLOW_ALL_ORIGINS,
      },
      httpVersion: HttpVersion.HTTP2_AND_3,
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      ...(domainName !== undefined && { domainNames: [domainName], certificate }),
    });
    acknowledge(bucket, distribution, domainName === undefined);
    const handler = publisher(scope, bucket, roleName);
    return { url: `https://${domainName ?? distribution.distributionDomainName}`, handler, serve: () => publishBy(handler, scope, bucket) };
  }
}

function publisher(scope: Construct, bucket: Bucket, roleName: string | undefined): Function {
  const handler = handlerFunction(scope, 'Publisher', { handler: 'jwks-publisher', description: `Writes keys for ${scope.node.path}`.slice(0, 256), timeout: Duration.minutes(2), roleName });
  handler.addEnvironment('BUCKET', bucket.bucketName);
  handler.addToRolePolicy(new PolicyStatement({ actions: ['s3:PutObject', 's3:DeleteObject'], resources: [bucket.arnForObjects('*')] }));
  handler.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
  const objects = `Resource::<${Stack.of(bucket).getLogicalId(bucket.node.defaultChild as CfnBucket)}.Arn>/*`;
  Validations.of(handler.role!).acknowledge({ id: `AwsSolutions-IAM5[${objects}]`, reason: 'any object of the one bucket, which has nothing but what this function writes' });
  return handler;
}

/** Runs the function at each deployment that changes what it is told: which keys, their ARNs, the issuer, the code. */
function publishBy(handler: Function, scope: Construct, bucket: Bucket): void {
  const { environment, code } = handler.node.defaultChild as CfnFunction;
  const files = new CustomResource(scope, 'Files', {
    resourceType: 'Custom::KeysmithPublishedKeys',
    serviceToken: handler.functionArn,
    serviceTimeout: Duration.minutes(3),
    properties: { Settings: environment, Code: code },
  });
  // The policy of the role, without which the function could neither write nor, at the end, take away.
  files.node.addDependency(handler.role!, bucket);
}

function acknowledge(bucket: Bucket, distribution: Distribution, hasOwnName: boolean): void {
  const say = (construct: Construct, id: string, reason: string) => Validations.of(construct).acknowledge({ id, reason });
  say(bucket, 'AwsSolutions-S1', 'it has public keys, and nobody reads it but CloudFront');
  say(distribution, 'AwsSolutions-CFR1', 'verifiers are everywhere');
  say(distribution, 'AwsSolutions-CFR2', 'files that are the same for all, without a query or a body: there is nothing to filter');
  say(distribution, 'AwsSolutions-CFR3', 'who fetches a public key is nobody\'s business; what signs is in the access log of the signing API and in CloudTrail');
  if (hasOwnName) say(distribution, 'AwsSolutions-CFR4', 'the certificate of cloudfront.net sets its own versions of TLS: give a domainName and a certificate for TLS 1.2 at least');
}
