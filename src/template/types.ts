import type { IdentityFacts, KeyFacts, NamedPolicy, PolicyDocument } from '../authz/types';

/** Where a resource stands: enough to find it again in the source. */
export interface ResourceAddress {
  readonly stack: string;
  readonly logicalId: string;
  /** Construct path from `aws:cdk:path`, where the template carries it. */
  readonly path?: string;
}

/** A value that the template alone does not tell. Its `symbol` stands in every string built from it. */
export interface UnresolvedValue {
  readonly symbol: string;
  /** The intrinsic, as JSON. */
  readonly expression: unknown;
  readonly at: ResourceAddress & { readonly property: string };
  readonly because: string;
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
}

/** An AWS::IAM::Role, User or Group-less identity with every policy any template gives it. */
export interface TemplateIdentity extends ResourceAddress, IdentityFacts {
  readonly type: 'AWS::IAM::Role' | 'AWS::IAM::User';
  readonly name: string;
  readonly policies: readonly NamedPolicy[];
  /** ARNs of managed policies whose documents are not in any template (AWS managed ones are known by name only). */
  readonly managedPolicyArns: readonly string[];
  readonly trust?: PolicyDocument;
}

/** An AWS::KMS::Alias. */
export interface TemplateAlias extends ResourceAddress {
  /** `alias/…` */
  readonly name: string;
  readonly targetKeyArn: string;
}

/** Everything a deployment of these templates would leave behind, as far as authorization is concerned. */
export interface Deployment {
  readonly keys: readonly TemplateKey[];
  readonly aliases: readonly TemplateAlias[];
  readonly identities: readonly TemplateIdentity[];
  readonly unresolved: readonly UnresolvedValue[];
  /** Physical id (`Ref`) and attributes of a resource, by stack and logical id; undefined if there is no such resource. */
  physicalId(stack: string, logicalId: string): string | undefined;
  attribute(stack: string, logicalId: string, name: string): string | undefined;
  /** Every resource of a type, with its properties resolved. */
  resources(type?: string): readonly (ResourceAddress & { readonly type: string; readonly properties: Readonly<Record<string, unknown>>; readonly account: string; readonly region: string })[];
}
