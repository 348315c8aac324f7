import { CfnElement, CfnResource, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { IGrantable, PrincipalPolicyFragment } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { IConstruct } from 'constructs';
import { hasSymbols } from '../template';
import type { Deployment, ResourceAddress, TemplateKey, TemplateSource } from '../template';

const READ_ALL = 'read the whole app: KeyAccess.fromAssembly(app.synth().directory)';

/** Finds constructs of an app, and whom they stand for, in the templates that were made of them. */
export class ConstructsInTemplates {
  /**
   * @param declared logical ids of the resources of a template that was read alone
   */
  public constructor(private readonly deployment: Deployment, private readonly declared: readonly string[]) {}

  /** @throws Error if it is no key of the templates */
  public keyOf(construct: IConstruct): TemplateKey {
    const place = this.placeOf(construct);
    const key = place && this.deployment.keys.find(({ stack, logicalId }) => stack === place.stack && logicalId === place.logicalId);
    if (!key) throw new Error(`'${construct.node.path}' is no key of the template: ${there(this.deployment.keys)}`);
    return key;
  }

  /**
   * The principals that a grantee stands for, as claims take them.
   *
   * @param grantee one of CDK, or an ARN
   * @param key in whose stack ARNs with tokens of no construct are read
   * @throws Error for one whom no ARN and no service principal tells, and one of a stack that was not read
   */
  public principalsOf(grantee: IGrantable | string, key: TemplateKey): readonly string[] {
    if (typeof grantee === 'string') return [this.textOf(grantee, grantee, key)];
    const principal = grantee?.grantPrincipal;
    if (principal === undefined) throw new Error(`expected a grantee, such as a role or a function, or the ARN of a principal, got ${shown(grantee)}`);
    const label = Construct.isConstruct(principal) ? `'${principal.node.path}'` : shown(principal);
    const { principalJson, conditions } = fragmentOf(grantee, label);
    if (Object.keys(conditions ?? {}).length > 0) throw new Error(`${label} is a principal under conditions, which no claim takes: name the roles, as ArnPrincipal`);
    const named = Object.entries(principalJson).flatMap(([kind, values]) => [values].flat().map((value: unknown) => [kind, value] as const));
    return named.map(([kind, value]) => {
      const text = this.textOf(value, label, key, Construct.isConstruct(principal) ? principal : undefined);
      if (text === '*') throw new Error('everybody is no principal that a claim can name: name roles, or accounts');
      if (kind !== 'AWS' && kind !== 'Service') throw new Error(`${label} is told by ${kind}, and not by an ARN: name the role that it takes on`);
      return text;
    });
  }

  /** A text with the tokens in it read, as it would be in the template. */
  public textOf(value: unknown, label: string, key: TemplateKey, holder: IConstruct | undefined = referred(value)): string {
    const stack = holder && Stack.of(holder);
    const expression: unknown = (stack ?? new Stack()).resolve(value);
    if (typeof expression === 'string') return expression;
    const read = stack === undefined ? key.stack : this.idOf(stack);
    if (read === undefined) throw new Error(`${label} is in stack '${stack?.node.path}', whose template was not read: ${READ_ALL}`);
    const text = this.deployment.evaluate(read, expression);
    if (typeof text !== 'string' || hasSymbols(text)) throw new Error(`who ${label} is cannot be told from the template, which has ${JSON.stringify(expression)}: give the ARN, or the values of parameters`);
    return text;
  }

  private placeOf(construct: IConstruct): ResourceAddress | undefined {
    const element = CfnElement.isCfnElement(construct) ? construct : construct.node.defaultChild;
    if (!CfnElement.isCfnElement(element)) return undefined;
    const stack = this.idOf(element.stack);
    return stack === undefined ? undefined : { stack, logicalId: String(element.stack.resolve(element.logicalId)) };
  }

  /** The id under which a stack was read. A template alone tells its stack by the paths of its constructs, else by their logical ids. */
  private idOf(stack: Stack): string | undefined {
    const { stacks } = this.deployment;
    const { path } = stack.node;
    const known = stacks.find((one) => one.path === path);
    if (known || this.declared.length === 0 || stacks[0].path !== undefined) return known?.id;
    const withPaths = this.deployment.resources().filter((resource) => resource.path !== undefined);
    if (withPaths.length > 0) return withPaths.find((resource) => resource.path!.startsWith(`${path}/`))?.stack;
    const own = new Set(Object.keys(pathsIn(stack)));
    return this.declared.every((logicalId) => own.has(logicalId)) ? stacks[0].id : undefined;
  }
}

/** What the construct of a key tells of the stack that its template is of. */
export function stackOf(key: IConstruct): Omit<TemplateSource, 'template'> {
  const stack = Stack.of(key);
  const { account, region, stackName, node: { path } } = stack;
  const environment = { ...Token.isUnresolved(account) ? {} : { account }, ...Token.isUnresolved(region) ? {} : { region } };
  return { ...Token.isUnresolved(stackName) ? {} : { stack: stackName }, path, paths: pathsIn(stack), ...environment };
}

/** The paths of the resources of a stack, by logical id. */
function pathsIn(stack: Stack): Record<string, string> {
  const resources = stack.node.findAll().filter(CfnResource.isCfnResource).filter((resource) => resource.stack === stack);
  return Object.fromEntries(resources.map((resource) => [String(stack.resolve(resource.logicalId)), resource.node.path]));
}

/** The keys that there are, in a message. */
export function there(keys: readonly TemplateKey[]): string {
  if (keys.length === 0) return 'there is none';
  const names = keys.map(({ path, logicalId }) => path?.replace(/\/Resource$/, '') ?? logicalId);
  return `there ${names.length > 1 ? 'are' : 'is'} ${names.join(', ')}`;
}

/** The construct that a text with tokens speaks of, where there is one. */
function referred(value: unknown): IConstruct | undefined {
  return typeof value === 'string' ? Tokenization.reverseString(value).tokens.find(Reference.isReference)?.target : undefined;
}

function fragmentOf({ grantPrincipal }: IGrantable, label: string): PrincipalPolicyFragment {
  try {
    return grantPrincipal.policyFragment;
  } catch (error) {
    throw new Error(`${label} stands for no principal: ${(error as Error).message}`);
  }
}

function shown(value: unknown): string {
  const name = (Object(value) as { constructor?: { name?: string } }).constructor?.name;
  return typeof value === 'object' && value !== null && name !== undefined && name !== 'Object' ? `a ${name}` : JSON.stringify(value) ?? String(value);
}
