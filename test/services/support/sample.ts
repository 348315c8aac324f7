import { App, Stack } from 'aws-cdk-lib';
import type { CfnElement } from 'aws-cdk-lib';
import { ANNOTATIONS_IN_VALIDATION_REPORT, CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import type { IConstruct } from 'constructs';
import { SymmetricDataKey } from '../../../src';
import { startLocalKms } from '../../../src/testing';
import type { AsServiceOptions, LocalKms, Members, ViaOptions } from '../../../src/testing';
import { Deployed, HERE, executionRole } from '../../support/deployed';

/** What `cdk init` sets, but for the report of warnings that synthesis prints. */
const NEW_APP = { ...CURRENTLY_RECOMMENDED_FLAGS, [ANNOTATIONS_IN_VALIDATION_REPORT]: false };

/** CloudFormation's role. */
export const DEPLOYER = executionRole();

/** ARN of something of the account, in the Region of the app. */
export const arnOf = (service: string, resource: string, account = HERE.account) => `arn:aws:${service}:${HERE.region}:${account}:${resource}`;

type Call = (operation: string, input: Members) => Promise<Members>;

/** KMS as somebody reaches it, in words of what services do there with the key of the sample. */
class Caller {
  constructor(private readonly call: Call, private readonly keyArn: string) {}

  /** Makes a data key; whoever may, opens it. */
  public async seal(): Promise<Members> {
    const { CiphertextBlob } = await this.call('GenerateDataKey', { KeyId: this.keyArn, KeySpec: 'AES_256' });
    return { CiphertextBlob };
  }

  public open(sealed: Members): Promise<Members> {
    return this.call('Decrypt', sealed);
  }

  public look(): Promise<Members> {
    return this.call('DescribeKey', { KeyId: this.keyArn });
  }

  /** Makes a grant to a service that goes on without its caller. */
  public letIn(service: string, EncryptionContextSubset?: Record<string, string>): Promise<Members> {
    const Constraints = EncryptionContextSubset && { EncryptionContextSubset };
    return this.call('CreateGrant', { KeyId: this.keyArn, GranteePrincipal: `${service}.amazonaws.com`, Operations: ['Decrypt', 'GenerateDataKey'], Constraints });
  }
}

/** What one of them does; how it ends is the test's. */
export type Flow = readonly [what: string, run: () => Promise<unknown>];

/** An application with one key that runs on the local KMS, as its services would ask it. */
export class Sample<T> {
  private running?: { readonly local: LocalKms; readonly deployed: Deployed; readonly built: T; readonly key: SymmetricDataKey };

  constructor(build: (stack: Stack, key: SymmetricDataKey) => T) {
    beforeAll(async () => {
      const app = new App({ context: NEW_APP });
      const stack = new Stack(app, 'Shop', { env: HERE });
      const key = new SymmetricDataKey(stack, 'Key');
      const built = build(stack, key);
      const deployed = new Deployed(app);
      this.running = { local: await startLocalKms({ assembly: app.synth().directory }), deployed, built, key };
    });
    afterAll(() => this.running?.local.stop());
  }

  /** What was built. */
  public get made(): T {
    return this.now.built;
  }

  /** Ids of what this library warns of. */
  public get warnings(): string[] {
    const texts = Stack.of(this.now.key).node.findAll().flatMap(({ node }) => node.metadata).map(({ data }) => String(data));
    return [...new Set(texts.flatMap((text) => /cdk-keysmith:[a-z-]+/.exec(text) ?? []))].sort();
  }

  /** What CloudFormation's `Ref` gives. */
  public id(construct: IConstruct): string {
    const element = (construct.node.defaultChild ?? construct) as CfnElement;
    return this.now.deployed.deployment.physicalId(element.stack.stackName, element.stack.getLogicalId(element))!;
  }

  /** A service that calls for a role. */
  public via(service: string, who: IConstruct | string, options: ViaOptions): Caller {
    const session = this.now.local.via(service, this.principal(who), options);
    return new Caller((operation, input) => session.call(operation, input), this.keyArn);
  }

  /** A service that calls in its own name. */
  public as(service: string, options: AsServiceOptions): Caller {
    const session = this.now.local.asService(service, options);
    return new Caller((operation, input) => session.call(operation, input), this.keyArn);
  }

  /** Somebody who calls KMS without a service between. */
  public directly(who: IConstruct | string, EncryptionContext: Record<string, string>): Caller {
    const port = this.now.local.port(this.principal(who));
    return new Caller((operation, input) => port.call(operation, { EncryptionContext, ...input }), this.keyArn);
  }

  /** Each is done. */
  public works(flows: readonly Flow[]): void {
    test.each(flows)('%s', async (_, run) => {
      await expect(run()).resolves.toBeDefined();
    });
  }

  /** Each is refused by KMS. */
  public refuses(flows: readonly Flow[]): void {
    test.each(flows)('%s: never', async (_, run) => {
      await expect(run()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    });
  }

  /** Nothing is left for its author to hear, but of these. */
  public warnsOf(...ids: readonly string[]): void {
    test(ids.length ? `synthesis warns of ${ids.join(', ')}` : 'synthesis warns of nothing', () => expect(this.warnings).toEqual(ids));
  }

  private get keyArn(): string {
    return this.now.deployed.arnOf(this.now.key);
  }

  private get now() {
    if (!this.running) throw new Error('a sample is there in tests only');
    return this.running;
  }

  private principal(who: IConstruct | string): string {
    return typeof who === 'string' ? who : this.now.deployed.arnOf(who);
  }
}
