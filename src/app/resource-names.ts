import { CfnResource, Stack, Token } from 'aws-cdk-lib';
import type { CfnElement } from 'aws-cdk-lib';
import { propertyOf } from './rendering';
import { referencesOf } from './resolved-value';
import { GeneratedName } from '../spec/services';
import type { ResourceName } from '../spec/services';

/** What is known of a resource's name before it is deployed: a pattern of StringLike, which may hold pseudo parameters; undefined if nothing is certain. */
export type NamePattern = string | undefined;

/** CloudFormation ends the names it makes with a hyphen and 12 or 13 random characters. */
const RANDOM_END = 14;

/** Length of a generated name that every service takes. */
const SHORTEST_MAXIMUM = 40;

/** Pseudo parameters that have the same value in every stack of one account and Region. */
const COMMON_PSEUDO = ['AWS::AccountId', 'AWS::Region', 'AWS::Partition', 'AWS::URLSuffix'];

/** The name of a resource as a condition of the key policy can ask for it, without a reference from the key's template to the resource. */
export function namePattern(resource: CfnResource, names: readonly ResourceName[]): NamePattern {
  const facts = names.find(({ resourceType }) => resourceType === resource.cfnResourceType);
  const name = facts && ownName(resource, facts, names);
  return name !== undefined && facts?.parentProperty !== undefined ? `${parentPattern(resource, facts.parentProperty, names)}${name}` : name;
}

function ownName(resource: CfnResource, facts: ResourceName, names: readonly ResourceName[]): NamePattern {
  if (facts.nameAfter !== undefined) return nameOfAnother(resource, facts.property, facts.nameAfter, names);
  const given: unknown = resource.stack.resolve(propertyOf(resource, facts.property));
  if (given !== undefined && given !== null) return sameEverywhere(given) ? Token.asString(given) : undefined;
  const prefix: unknown = facts.prefixProperty && resource.stack.resolve(propertyOf(resource, facts.prefixProperty));
  if (prefix !== undefined && prefix !== null) return sameEverywhere(prefix) ? `${Token.asString(prefix)}-*` : undefined;
  return generatedPattern(resource, facts);
}

/** What stands before the name of a resource that lies in another: of one that nobody knows, there may be nothing as well. */
function parentPattern(resource: CfnResource, property: string, names: readonly ResourceName[]): string {
  const { targets: [target], text } = referencesOf(resource, property);
  if (text === '' || text === 'default') return '';
  if (/^[\w./-]+$/.test(text)) return `${text}/`;
  const parent = CfnResource.isCfnResource(target) ? namePattern(target, names) : undefined;
  return parent === undefined ? '*' : `${parent}/`;
}

/** The name of the resource that a property tells by reference, by name, or by an ARN, which may be partial and have a qualifier at its end. */
function nameOfAnother(resource: CfnResource, property: string, nameAfter: string, names: readonly ResourceName[]): NamePattern {
  const { targets: [target], text } = referencesOf(resource, property);
  const [, literal] = new RegExp(`${nameAfter}([\\w-]+)`).exec(text) ?? [];
  if (literal !== undefined) return literal;
  if (target !== undefined) return CfnResource.isCfnResource(target) && target !== resource ? namePattern(target, names) : undefined;
  return /^[\w-]+$/.test(text) ? text : undefined;
}

/** The name at the end of an ARN: said there, if need be behind a pseudo parameter, or that of the element whose ARN it is. */
export function nameInArn(arn: string | undefined, element: CfnElement | undefined, names: readonly ResourceName[]): NamePattern {
  if (arn === undefined) return undefined;
  if (arn.startsWith('{') && !/^\{"Fn::(Join|Sub)"/.test(arn)) return CfnResource.isCfnResource(element) ? namePattern(element, names) : undefined;
  return /:([^:{}"[\]]+)(?:"\]\]\})?$/.exec(arn)?.[1];
}

function generatedPattern(resource: CfnResource, { generated, maxLength = SHORTEST_MAXIMUM }: ResourceName): NamePattern {
  const id: unknown = resource.stack.resolve(resource.logicalId);
  if (generated === undefined || typeof id !== 'string') return undefined;
  // What is cut off a logical id that is too long for the name is cut from its end.
  if (generated === GeneratedName.ID) return id.length + RANDOM_END <= maxLength ? `${id}-*` : `${id.slice(0, maxLength - RANDOM_END)}*`;
  const { stackName } = resource.stack;
  if (Token.isUnresolved(stackName) || isDeployedUnderOtherNames(resource.stack)) return undefined;
  if (`${stackName}-${id}`.length + RANDOM_END > maxLength) return undefined;
  const start = `${stackInName(stackName, generated)}${id}`;
  return `${generated === GeneratedName.STACK_AND_ID ? start : start.toLowerCase()}-*`;
}

/**
 * A stack's name as generated names begin with it, and the hyphen behind it. Several hyphens in a row become one in it where the name is made as bucket names are
 * (`IdentifierUtils` of the CloudFormation CLI's Java plugin). Of other types, and of hyphens at the end of the stack's name, nobody says what becomes: any number fits.
 */
function stackInName(stackName: string, generated: GeneratedName): string {
  const [, name, end] = /^(.*?)(-*)$/.exec(stackName)!;
  return `${name.replace(/-{2,}/g, generated === GeneratedName.LOWER_CASE_STACK_AND_ID ? '-' : HYPHENS)}${end ? HYPHENS : '-'}`;
}

/** One hyphen or more, as far as `StringLike` can ask for them. */
const HYPHENS = '-*';

/**
 * Whether the template is somebody else's to deploy, under names that they give: products of Service Catalog, and stack sets made in the same manner,
 * are stacks within the stack that offers them, and their synthesizers know of nobody who deploys them.
 */
function isDeployedUnderOtherNames(stack: Stack): boolean {
  return stack.node.scopes.slice(0, -1).some(Stack.isStack) && !stack.synthesizer.cloudFormationExecutionRole;
}

/** Whether a resolved name means the same in any template of the account and Region: one that refers to anything else would make that template wait. */
export function sameEverywhere(name: unknown): boolean {
  if (typeof name === 'string') return true;
  if (typeof name !== 'object' || name === null) return false;
  const [[intrinsic, argument], ...more] = Object.entries(name) as [string, unknown][];
  if (more.length) return false;
  if (intrinsic === 'Fn::Join') return Array.isArray(argument) && Array.isArray(argument[1]) && argument[1].every(sameEverywhere);
  return intrinsic === 'Ref' && COMMON_PSEUDO.includes(String(argument));
}
