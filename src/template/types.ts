import type { IdentityFacts, KeyFacts, NamedPolicy, PolicyDocument } from '../authz/types';

/** What a template alone does not tell about its deployment. */
export interface ReadOptions {
  /** Name of the stack. Default: `Stack`. */
  readonly stack?: string;
  /** Account of a stack whose environment is open. Default: 111122223333, the account of AWS's own examples. */
  readonly account?: string;
  /** Region of a stack whose environment is open. Default: us-east-1. */
  readonly region?: string;
  /** Default: the partition of the Region. */
  readonly partition?: string;
  /**
   * Values of parameters, by name, or by `Stack:Name` for one stack of several. For a parameter of an SSM type this is the
   * value it stands for, not the name of the SSM parameter. Default: the defaults of the template, else a symbol.
   */
  readonly parameters?: Readonly<Record<string, string | readonly string[]>>;
  /** Values of exports that no template given here makes. Default: none, so that they become symbols. */
  readonly exports?: Readonly<Record<string, unknown>>;
}

/** One template of several, and what is known about its stack. */
export interface TemplateSource extends ReadOptions {
  readonly template: object;
  /** Templates of AWS::CloudFormation::Stack resources, by logical id. */
  readonly nested?: Readonly<Record<string, TemplateSource>>;
  /** The file that the template was read from. */
  readonly file?: string;
  /** Construct path of the stack, `Prod/Data`. */
  readonly path?: string;
  /** Construct paths of resources by logical id, where the template does not carry them itself. */
  readonly paths?: Readonly<Record<string, string>>;
  /** Parameters as the deployment passes them: for an SSM type, the name of the SSM parameter. */
  readonly deployParameters?: Readonly<Record<string, string | readonly string[]>>;
  /** The role CloudFormation deploys with; `${AWS::AccountId}` and the like are filled in. */
  readonly executionRoleArn?: string;
}

/** A stack that was read. */
export interface TemplateStack {
  /** What addresses call it: its name; made unique where two environments have a stack of one name. Nested: `Parent/LogicalId`. */
  readonly id: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  /** The file that its template was read from, where one was. */
  readonly file?: string;
  /** Construct path, where the assembly tells it. */
  readonly path?: string;
  /** The role CloudFormation deploys with, where the assembly tells it: who calls KMS when the resources are made. */
  readonly executionRoleArn?: string;
  /** What of its environment neither the template nor an option tells, so that a default stands in. Default: nothing. */
  readonly assumed?: readonly ('account' | 'region')[];
}

/** Where a resource stands: enough to find it again in the source. */
export interface ResourceAddress {
  readonly stack: string;
  readonly logicalId: string;
  /** Construct path from `aws:cdk:path`, where the template carries it. */
  readonly path?: string;
}

/**
 * A value that the template alone does not tell: its `symbol` stands in every string built from it, and is the same for the same expression.
 * Also, with a symbol that stands nowhere, what was left out or not read.
 */
export interface UnresolvedValue {
  readonly symbol: string;
  /** The intrinsic, as JSON. */
  readonly expression: unknown;
  readonly at: ResourceAddress & { readonly property: string };
  readonly because: string;
}

/** A resource with its properties resolved. */
export interface TemplateResource extends ResourceAddress {
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** What becomes of it when it leaves the template: `Retain`. Absent where the template does not say. */
  readonly deletionPolicy?: string;
  readonly account: string;
  readonly region: string;
}

/** An AWS::KMS::Key or AWS::KMS::ReplicaKey. */
export interface TemplateKey extends ResourceAddress, KeyFacts {
  readonly type: 'AWS::KMS::Key' | 'AWS::KMS::ReplicaKey';
  readonly keyId: string;
  readonly account: string;
  readonly region: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly rotation: boolean;
  readonly rotationPeriodInDays?: number;
  readonly pendingWindowInDays: number;
  /** ARN of the primary key of a replica. */
  readonly primaryKeyArn?: string;
}

/** An AWS::IAM::Role or AWS::IAM::User with every policy that any template gives it. */
export interface TemplateIdentity extends ResourceAddress, IdentityFacts {
  readonly type: 'AWS::IAM::Role' | 'AWS::IAM::User';
  readonly name: string;
  /** Of a role: `AROA…`, as `Fn::GetAtt` RoleId tells it. */
  readonly uniqueId?: string;
  readonly policies: readonly NamedPolicy[];
  /** ARNs of attached managed policies whose documents are not known here: what they allow is not in `policies`. */
  readonly managedPolicyArns: readonly string[];
  /** ARN of a permissions boundary whose document is not known here. `boundary` is absent then, although there is one. */
  readonly unknownBoundaryArn?: string;
  readonly trust?: PolicyDocument;
}

/** A role, user or group that no template makes, but to which templates attach policies. */
export interface PolicyTarget {
  readonly kind: 'role' | 'user' | 'group';
  readonly account: string;
  readonly name: string;
  /** The policies that templates attach; it may have others. */
  readonly policies: readonly NamedPolicy[];
}

/** An AWS::KMS::Alias. */
export interface TemplateAlias extends ResourceAddress {
  /** `alias/…` */
  readonly name: string;
  readonly arn: string;
  readonly targetKeyArn: string;
}

/** Everything a deployment of these templates would leave behind, as far as authorization is concerned. */
export interface Deployment {
  readonly stacks: readonly TemplateStack[];
  readonly keys: readonly TemplateKey[];
  readonly aliases: readonly TemplateAlias[];
  readonly identities: readonly TemplateIdentity[];
  /** Imported roles, users and groups with the policies that these templates attach to them. */
  readonly importedIdentities: readonly PolicyTarget[];
  /** Everything the templates do not tell: symbols in values above, statements left out, parts not read. */
  readonly unresolved: readonly UnresolvedValue[];
  /** Physical id (`Ref`) and attributes of a resource, by stack (id, name or construct path) and logical id; undefined if there is no such resource. */
  physicalId(stack: string, logicalId: string): string | undefined;
  attribute(stack: string, logicalId: string, name: string): string | undefined;
  /** What an expression comes to in a stack (id, name or construct path), as a property there would; undefined where that is AWS::NoValue, or there is no such stack. */
  evaluate(stack: string, expression: unknown): unknown;
  /** Every resource of a type, with its properties resolved. */
  resources(type?: string): readonly TemplateResource[];
}
