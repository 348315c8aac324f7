import { decide, decideByIam } from '../authz';
import type { Decision, KmsRequest } from '../authz';
import type { LocalCredentials } from './credentials';
import { conditionKeysOf, CredentialStore } from './credentials';
import type { Home } from './deployments';
import { accountsOf, deployersOf, homeOf, readDeployments } from './deployments';
import type { LocalCaller } from './dispatcher';
import { Dispatcher } from './dispatcher';
import type { FaultMatch, ResolvedMatch } from './faults';
import { Faults } from './faults';
import type { Deployment } from '../template/types';
import type { HttpEndpoint } from './http/server';
import { serveHttp } from './http/server';
import { KeyInventory } from './key-inventory';
import { openQuestions } from './open-questions';
import type { LocalKmsOptions, SessionOptions } from './options';
import type { LocalKmsPort } from './port';
import { localPort } from './port';
import { LocalDirectory } from './principal-directory';
import { Principals } from './principals';
import { RequestLog } from './requests';
import type { AsServiceOptions, ServiceSession, ServiceSessions, ServiceStage, ViaOptions } from './services';
import { asService, throughService } from './services';

/** What `new KMS(...)` of `@aws-sdk/client-kms`, and any other AWS client, needs to reach the local KMS. */
export interface LocalClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: LocalCredentials;
  /** How far the local KMS's clock is ahead of the system's, in milliseconds: signatures carry a time. */
  readonly systemClockOffset: number;
}

/**
 * AWS KMS on this machine: real cryptography, and the policies of the templates enforced on whoever signs a request.
 *
 * It listens on 127.0.0.1 for any AWS SDK, and can be called in process. Keys, grants and everything else live in memory until `stop`.
 */
export class LocalKms {
  /** @internal */
  public static async start(options: LocalKmsOptions): Promise<LocalKms> {
    const parts = assemble(options);
    const { clock, dispatcher, credentials } = parts;
    return new LocalKms(parts, await serveHttp({ port: options.port ?? 0, clock, dispatcher, credentials }));
  }

  /** The account that is meant where none is named. */
  public readonly account: string;
  /** The Region that clients are configured for. Keys of other Regions are served too: a client asks for them by its own Region. */
  public readonly region: string;
  /** `http://127.0.0.1:…` */
  public readonly endpoint: string;
  /** Faults on request. */
  public readonly faults: Faults;
  /** Every request so far, with the decision on it. */
  public readonly requests: RequestLog;
  /** What the templates leave open although it matters to decisions, in sentences. */
  public readonly openQuestions: readonly string[];
  /** What was read from `template` and `assembly`. */
  public readonly deployments: readonly Deployment[];

  private readonly stage: ServiceStage;

  private constructor(private readonly parts: Parts, private readonly http: HttpEndpoint) {
    this.account = parts.home.account;
    this.region = parts.home.region;
    this.endpoint = http.url;
    this.faults = parts.faults;
    this.requests = parts.requests;
    this.deployments = parts.deployments;
    this.openQuestions = parts.openQuestions;
    this.stage = {
      call: (operation, input, caller) => localPort(parts.dispatcher, caller).call(operation, input),
      resources: new Map(),
      keyArn: (reference) => parts.keys.arnOf(reference),
      caller: (reference, session) => this.callerOf(reference, session),
    };
  }

  /**
   * Credentials of a role's session or a user: the same each time for the same session. They are of no use outside this local KMS.
   *
   * @param principal ARN of a role, user, session or account root; or a role's name, logical id, `Stack.LogicalId` or construct path
   * @throws Error if nobody or more than one is meant; the message lists who there is
   */
  public credentials(principal: string, { sessionName, conditionKeys }: SessionOptions = {}): LocalCredentials {
    return this.parts.credentials.issue(this.parts.principals.find(principal, sessionName), conditionKeys && { conditionKeys }).credentials;
  }

  /** Configuration of a client whose every request is the principal's, here of the role with the construct path `Orders/Writer`: `new KMS(local.clientConfig('Orders/Writer'))`. */
  public clientConfig(principal: string, session: SessionOptions = {}): LocalClientConfig {
    return {
      endpoint: this.endpoint,
      region: session.region ?? this.region,
      credentials: this.credentials(principal, session),
      systemClockOffset: this.parts.clock().getTime() - Date.now(),
    };
  }

  /**
   * Environment variables with which a program's AWS clients reach the local KMS as the principal, without a line of their code changed:
   * SDKs of all languages and the AWS CLI read them.
   *
   * Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints", "AWS access keys".
   */
  public environment(principal: string, session: SessionOptions = {}): Record<string, string> {
    const { accessKeyId, secretAccessKey, sessionToken } = this.credentials(principal, session);
    const region = session.region ?? this.region;
    return {
      AWS_ENDPOINT_URL_KMS: this.endpoint,
      AWS_REGION: region,
      // What boto3 and version 1 of the AWS CLI read instead.
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      ...(sessionToken !== undefined && { AWS_SESSION_TOKEN: sessionToken }),
    };
  }

  /** KMS as the principal reaches it, in process. Fits everywhere a `KmsPort` is asked for. */
  public port(principal: string, session: SessionOptions = {}): LocalKmsPort {
    const { conditionKeys } = session;
    const issued = this.parts.credentials.issue(this.parts.principals.find(principal, session.sessionName), conditionKeys && { conditionKeys });
    return localPort(this.parts.dispatcher, this.callerOf(principal, { ...session, conditionKeys: conditionKeysOf(issued) }));
  }

  /**
   * An AWS service acting for a principal: its calls carry `kms:ViaService` and the encryption context of the resource.
   *
   * @param service its name in `kms:ViaService`: `s3`, `dynamodb`, `lambda`, `secretsmanager`; or any other, with `context`
   */
  public via<S extends keyof ServiceSessions>(service: S, principal: string, options?: ViaOptions): ServiceSessions[S];
  public via(service: string, principal: string, options?: ViaOptions): ServiceSession;
  public via(service: string, principal: string, options: ViaOptions = {}): ServiceSession {
    return throughService(this.stage, this.deployments, service, principal, options.region ?? regionIn(options.resource) ?? this.region, options);
  }

  /**
   * An AWS service calling as itself, for a resource of its own: `logs`, `cloudtrail`, or a whole principal, `logs.eu-west-1.amazonaws.com`.
   */
  public asService(service: string, options: AsServiceOptions = {}): ServiceSession {
    return asService(this.stage, service, this.account, options.region ?? regionIn(options.sourceArn) ?? this.region, options);
  }

  /**
   * ARN of a key there was at the start, by key id, alias, logical id, `Stack.LogicalId` or construct path.
   *
   * @throws Error if none or more than one is meant; the message lists what there is
   */
  public keyArn(reference: string): string {
    return this.parts.keys.arnOf(reference);
  }

  /** ARNs of the keys there were at the start. */
  public get keyArns(): readonly string[] {
    return this.parts.keys.arns;
  }

  /**
   * What the IAM policies of a principal say of a request to another service, which that service settles before it turns to KMS:
   * `local.iamDecision('Invoices/ReaderRole', 's3:GetObject', 'arn:aws:s3:::invoices/1').allowed`.
   *
   * @param resource ARN of what the request is about
   */
  public iamDecision(principal: string, action: string, resource: string): Decision {
    const { identities } = this.parts.principals;
    const conditionKeys = { 'aws:CurrentTime': this.parts.clock().toISOString(), 'aws:RequestedRegion': regionIn(resource) ?? this.region };
    return decideByIam({ identities }, { principal: this.parts.principals.find(principal).arn, action, resource, conditionKeys });
  }

  /**
   * Deletes a role and makes it again under its name, with the same policies: as after a changed name was changed back, or a bootstrap stack
   * was deployed anew. To KMS that is another principal, with a unique id of its own. Statements of key policies that name the role, and
   * grants, stay with the one that is gone (GetKeyPolicy and ListGrants show its id, `AROA…`) until the policy is put again, the grant made
   * again; a condition on `aws:PrincipalArn` compares text, and holds for the new role. Credentials of before are no longer taken.
   *
   * Source: IAM User Guide, "AWS JSON policy elements: Principal".
   *
   * @param role ARN, name, logical id, `Stack.LogicalId` or construct path of a role, or of one that was deleted here
   * @throws Error if none or more than one is meant, or it is a user
   */
  public recreateRole(role: string): void {
    const { principals } = this.parts;
    if (!principals.wasDeleted(role)) this.deleteRole(role);
    principals.createRoleAgain(role);
  }

  /**
   * Deletes a role: its credentials are no longer taken, and key policies and grants that name it name nobody (`recreateRole`).
   *
   * @throws Error if none or more than one is meant, or it is a user
   */
  public deleteRole(role: string): void {
    this.parts.dispatcher.forget(this.parts.principals.deleteRole(role));
  }

  /** Closes the endpoint and every connection at once. Once more does nothing. */
  public async stop(): Promise<void> {
    this.faults.clear();
    await this.http.stop();
  }

  private callerOf(principal: string, { region = this.region, sessionName, conditionKeys }: SessionOptions): LocalCaller {
    const { arn, account, identityArn, uniqueId } = this.parts.principals.find(principal, sessionName);
    return { principal: arn, account, region, identityArn, uniqueId, ...(conditionKeys && { conditionKeys }) };
  }
}

/** What a local KMS is put together from. */
interface Parts {
  readonly home: Home;
  readonly clock: () => Date;
  readonly deployments: readonly Deployment[];
  readonly principals: Principals;
  readonly credentials: CredentialStore;
  readonly keys: KeyInventory;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly dispatcher: Dispatcher;
  readonly openQuestions: readonly string[];
}

function assemble(options: LocalKmsOptions): Parts {
  const clock = options.clock ?? (() => new Date());
  const deployments = readDeployments(options);
  const home = homeOf(options, deployments);
  const principals = new Principals(
    deployments.flatMap(({ identities }) => identities),
    [...options.principals ?? [], ...deployersOf(options, deployments)],
  );
  const directory = new LocalDirectory(principals, accountsOf(options, home, deployments));
  const decideNow = (request: KmsRequest) => decide({ identities: principals.identities }, request);
  const faults: Faults = new Faults((match) => resolveMatch(match, principals, keys));
  const requests: RequestLog = new RequestLog((keyArn) => keys.nameOf(keyArn), options.onRequest);
  const dispatcher: Dispatcher = new Dispatcher({ ...home, clock, faults, requests, principals: directory, decide: decideNow });
  const keys: KeyInventory = new KeyInventory(dispatcher, home);
  for (const deployment of deployments) keys.addDeployment(deployment);
  keys.addKeys(options.keys);
  const questions = openQuestions(deployments, options.keys ?? [], {
    identities: principals.identities,
    strangersIn: (policy) => directory.take(policy),
    mayPutPolicy: (role, key) => decideNow({ principal: principals.find(role).arn, action: 'kms:PutKeyPolicy', key }),
  });
  const credentials = new CredentialStore(clock);
  return { openQuestions: questions, home, clock, deployments, principals, credentials, keys, faults, requests, dispatcher };
}

function resolveMatch({ operation, principal, key }: FaultMatch, principals: Principals, keys: KeyInventory): ResolvedMatch {
  return {
    ...(operation !== undefined && { operations: typeof operation === 'string' ? [operation] : operation }),
    ...(principal !== undefined && { identityArn: principals.find(principal).identityArn }),
    ...(key !== undefined && { keyArn: keys.arnOf(key) }),
  };
}

function regionIn(arn: string | undefined): string | undefined {
  return arn?.split(':')[3] || undefined;
}
