import { CfnResource, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { propertyOf } from '../app/rendering';

/** JSON of an event pattern. Strings may hold CDK tokens. */
export type Json = string | boolean | readonly Json[] | { readonly [name: string]: Json };

/** The most characters that pseudo parameters stand for: `aws-us-gov`, `ap-southeast-1`. */
const PSEUDO: Readonly<Record<string, number>> = { 'AWS::Partition': 10, 'AWS::Region': 16, 'AWS::AccountId': 12, 'AWS::URLSuffix': 20 };

/** `arn:aws-us-gov:kms:ap-southeast-1:111122223333:key/` and an id of 36 characters, of any partition and Region. */
const KEY_ARN = 4 + 10 + 5 + 16 + 1 + 12 + 5 + 36;

/** IAM User Guide, "IAM and AWS STS quotas": names and paths of roles and users. */
const NAME = 64;
const PATH = 512;

/** What nobody knows before deployment: as long as the ARN of a role without a path. */
const UNKNOWN = 4 + 10 + 6 + 12 + 6 + NAME;

/** The most characters that a pattern has once it is deployed, as JSON without spaces. */
export function sizeOf(value: Json, scope: IConstruct): number {
  if (typeof value === 'string') return JSON.stringify(value.replace(TOKENS, '')).length + tokensIn(value).reduce<number>((sum, token) => sum + longest(token, scope), 0);
  if (typeof value !== 'object') return String(value).length;
  const parts: number[] = Array.isArray(value) ? (value as readonly Json[]).map((each) => sizeOf(each, scope))
    : Object.entries(value as Record<string, Json>).map(([name, each]) => JSON.stringify(name).length + 1 + sizeOf(each, scope));
  return parts.reduce((sum, part) => sum + part, 0) + Math.max(parts.length - 1, 0) + 2;
}

const TOKENS = /\$\{Token\[[^\]]*\]\}/g;

function tokensIn(text: string): unknown[] {
  return Token.isUnresolved(text) ? Tokenization.reverseString(text).tokens : [];
}

function longest(token: unknown, scope: IConstruct): number {
  const target = Reference.isReference(token) ? token.target : undefined;
  if (CfnResource.isCfnResource(target)) return ofResource(target);
  return ofResolved(Stack.of(scope).resolve(token));
}

function ofResource(resource: CfnResource): number {
  switch (resource.cfnResourceType) {
    case 'AWS::KMS::Key':
    case 'AWS::KMS::ReplicaKey': return KEY_ARN;
    case 'AWS::IAM::Role': return ofIdentity(resource, 'Role');
    case 'AWS::IAM::User': return ofIdentity(resource, 'User');
    default: return UNKNOWN;
  }
}

function ofIdentity(resource: CfnResource, kind: 'Role' | 'User'): number {
  const part = (property: string, most: number, usual: string) => {
    const value = propertyOf(resource, property) ?? usual;
    return typeof value === 'string' && !Token.isUnresolved(value) && value !== '' ? value.length : most;
  };
  return 4 + 10 + 6 + 12 + 1 + kind.length + part('Path', PATH, '/') + part(`${kind}Name`, NAME, '');
}

/** Of intrinsic functions as they stand in templates. */
function ofResolved(value: unknown): number {
  if (typeof value === 'string') return value.length;
  const { Ref: ref, 'Fn::Join': join, 'Fn::Sub': sub } = (value ?? {}) as { readonly 'Ref'?: string; readonly 'Fn::Join'?: [string, unknown[]]; readonly 'Fn::Sub'?: unknown };
  if (ref !== undefined) return PSEUDO[ref] ?? UNKNOWN;
  if (Array.isArray(join)) return join[1].reduce((sum: number, part) => sum + join[0].length + ofResolved(part), 0);
  if (typeof sub === 'string') return sub.replace(/\$\{([^}]*)\}/g, (_, name: string) => '_'.repeat(PSEUDO[name] ?? UNKNOWN)).length;
  return UNKNOWN;
}

/** Puts things that take room into as few groups as they fit in, in their order. */
export function packed<T>(things: readonly T[], fits: (group: readonly T[]) => boolean): T[][] {
  const groups: T[][] = [];
  for (const thing of things) {
    const last = groups.at(-1);
    if (last && fits([...last, thing])) last.push(thing);
    else groups.push([thing]);
  }
  return groups;
}
