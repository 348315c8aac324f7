import { RemovalPolicies, Stack, Validations, type CfnResource } from 'aws-cdk-lib';
import {
  AccessLogFormat, AuthorizationType, AwsIntegration, CfnAccount, ContentHandling, EndpointType, LogGroupLogDestination, MethodLoggingLevel,
  PassthroughBehavior, RestApi, type Method,
} from 'aws-cdk-lib/aws-apigateway';
import { PolicyStatement, Role, ServicePrincipal, type Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { DIRECT_LOG_FIELDS } from './access-log';
import { BINARY, requestTemplate, SIGNED, unsignedResponse } from './direct-templates';
import type { SigningThrottle } from './signing-api';
import { signatureRate } from './signing-throttle';
import { keepTokensApart } from './token-keys';
import type { SigningKey } from '../keys';
import { SIGNING } from '../spec/signing';

/** What an API that signs without a function is made of. */
export interface DirectSigningApiProps {
  /** The key that signs. Not one that makes tokens: whoever may call the API has signatures over whatever they like. */
  readonly key: SigningKey;

  /**
   * How many signatures are made.
   *
   * @default - 100 a second, a tenth of what KMS does for all keys of the kind in account and Region
   */
  readonly throttle?: SigningThrottle;

  /**
   * Whether API Gateway is given a role to write logs with. It is a setting of account and Region, and without one no REST API can have a log.
   *
   * @default true - a role is made, and stays when the stack goes
   */
  readonly cloudWatchRole?: boolean;

  /**
   * Name of the role as which API Gateway signs. It is needed where the key is in another stack, which is deployed first: its policy can name no role that has no name yet.
   *
   * @default - CloudFormation makes a name
   */
  readonly roleName?: string;
}

/**
 * A REST API that hands what it is sent to `Sign` of KMS, without a function: `POST /signatures` with 1 to 4096 bytes as `application/octet-stream`. It answers with
 * the signature, as openssl reads it, where the request accepts `application/octet-stream`, and else with its base64.
 *
 * Callers have AWS credentials: `grantInvoke`. KMS hashes the bytes itself (`MessageType` `RAW`), so that verifiers see no difference. For more bytes, and for tokens:
 * `SigningApi`.
 *
 * In a change of the active generation the old one loses the right to sign when the stage of the API names the new one, where both are in one stack. Until API Gateway and KMS
 * know that everywhere, some seconds, a call may be answered with 503, and is to be made again: no function is there to go on with the other generation, as in a `SigningApi`.
 * Where the key is in another stack, which is deployed first, that lasts until this one has been deployed.
 *
 * A million signatures cost 3.50 USD for the API, and 15 for KMS (3 for keys of 2048 bits of RSA).
 *
 * Sources: API Gateway Developer Guide, "Content type conversions in API Gateway", "Variables for data transformations"; KMS API Reference, Sign.
 */
export class DirectSigningApi extends Construct {
  /** Where it signs: `POST` goes there. */
  public readonly url: string;
  /** What API Gateway made of it. */
  public readonly api: RestApi;
  /** As which API Gateway calls KMS. It may sign with the key, and nothing else. */
  public readonly role: Role;

  private readonly method: Method;

  constructor(scope: Construct, id: string, props: DirectSigningApiProps) {
    super(scope, id);
    const { key, roleName, cloudWatchRole = true } = props;
    const throttle = signatureRate(props.throttle, 1, this.node.path);
    if (SIGNING[key.algorithm].kmsName === 'ED25519_PH_SHA_512') throw new Error(`'${this.node.path}': ${key.algorithm} is made of a digest, which API Gateway cannot make: use SigningApi`);
    keepTokensApart(key, 'anything', this);

    this.role = new Role(this, 'Role', { roleName, assumedBy: new ServicePrincipal('apigateway.amazonaws.com'), description: `Signs for ${this.node.path}`.slice(0, 1000) });
    key._authorize(this.role, {
      sid: 'SignForApiGateway',
      actions: ['kms:Sign'],
      conditions: { StringEquals: { 'kms:SigningAlgorithm': SIGNING[key.algorithm].kmsName, 'kms:MessageType': 'RAW' } },
    });

    const accessLogs = new LogGroup(this, 'AccessLogs', { retention: RetentionDays.ONE_YEAR });
    this.api = new RestApi(this, 'Api', {
      description: `Signs with ${key.node.path}`.slice(0, 1024),
      endpointTypes: [EndpointType.REGIONAL],
      binaryMediaTypes: [BINARY],
      cloudWatchRole: false,
      deployOptions: {
        throttlingRateLimit: throttle.rateLimit,
        throttlingBurstLimit: throttle.burstLimit,
        metricsEnabled: true,
        loggingLevel: MethodLoggingLevel.ERROR,
        // Bodies would be in the log.
        dataTraceEnabled: false,
        accessLogDestination: new LogGroupLogDestination(accessLogs),
        accessLogFormat: AccessLogFormat.custom(JSON.stringify(DIRECT_LOG_FIELDS)),
      },
    });
    if (cloudWatchRole) this.api.deploymentStage.node.addDependency(logRole(this));
    this.method = this.api.root.addResource('signatures').addMethod('POST', this.integration(key), {
      authorizationType: AuthorizationType.IAM,
      requestParameters: { 'method.request.header.Content-Type': true },
      requestValidatorOptions: { validateRequestParameters: true, validateRequestBody: true },
      methodResponses: [200, 400, 429, 503].map((status) => ({
        statusCode: String(status), responseParameters: { 'method.response.header.Content-Type': true, 'method.response.header.Cache-Control': true },
      })),
    });
    this.url = this.api.urlForPath('/signatures');
    if (Stack.of(key) === Stack.of(this)) key._generations?.waitFor(this.api.deploymentStage.node.defaultChild as CfnResource);
    acknowledge(this, this.method);
  }

  /** Lets somebody have something signed (`execute-api:Invoke`). */
  public grantInvoke(grantee: IGrantable): Grant {
    return this.method.grantExecute(grantee);
  }

  private integration(key: SigningKey): AwsIntegration {
    return new AwsIntegration({
      service: 'kms',
      action: 'Sign',
      options: {
        credentialsRole: this.role,
        // Other content types have no template, and are refused (415).
        passthroughBehavior: PassthroughBehavior.NEVER,
        contentHandling: ContentHandling.CONVERT_TO_TEXT,
        requestParameters: {
          'integration.request.header.X-Amz-Target': "'TrentService.Sign'",
          'integration.request.header.Content-Type': "'application/x-amz-json-1.1'",
        },
        requestTemplates: { [BINARY]: requestTemplate(key.keyArn, SIGNING[key.algorithm].kmsName) },
        integrationResponses: [SIGNED, ...unsignedResponse()],
      },
    });
  }
}

/**
 * What API Gateway wants of its role before it takes one: these actions, on all log groups (API Gateway Developer Guide, "Set up CloudWatch API logging"). Not the
 * managed policy of the same content, which cdk-nag cannot be told to let pass: its ARN has what CDK takes for a separator.
 */
const LOG_ACTIONS = ['CreateLogGroup', 'CreateLogStream', 'DescribeLogGroups', 'DescribeLogStreams', 'PutLogEvents', 'GetLogEvents', 'FilterLogEvents'];

/** The role with which API Gateway writes the logs of all REST APIs of account and Region. It stays, as others use it. */
function logRole(api: DirectSigningApi): CfnAccount {
  const role = new Role(api, 'CloudWatchRole', { assumedBy: new ServicePrincipal('apigateway.amazonaws.com'), description: 'Writes the logs of REST APIs' });
  role.addToPolicy(new PolicyStatement({ actions: LOG_ACTIONS.map((name) => `logs:${name}`), resources: ['*'] }));
  Validations.of(role).acknowledge({ id: 'AwsSolutions-IAM5[Resource::*]', reason: 'API Gateway refuses a role that is for less than all log groups' });
  const account = new CfnAccount(api, 'Account', { cloudWatchRoleArn: role.roleArn });
  account.node.addDependency(role);
  for (const construct of [role, account]) RemovalPolicies.of(construct).retain();
  return account;
}

/** What cdk-nag's AwsSolutions pack objects to, and why it is right here. */
function acknowledge(api: DirectSigningApi, method: Method): void {
  const say = (construct: Construct, id: string, reason: string) => Validations.of(construct).acknowledge({ id, reason });
  say(method, 'AwsSolutions-COG4', 'callers are programs with AWS credentials, which API Gateway asks for (AWS_IAM)');
  say(api.api.deploymentStage, 'AwsSolutions-APIG3', 'who calls has AWS credentials, and a body is up to 4096 bytes that nothing interprets');
}
