import { holds } from './conditions';
import type { EvaluatedValues } from './evaluated-values';
import { hexId, uuid } from './names';
import type { Known } from './parameters';
import { parameterValue } from './parameters';
import type { Scope, StackOutputRequest } from './resolver';
import { evaluate, resolve } from './resolver';
import { RESOURCE_TYPES } from './resource-types';
import type { ResourceView } from './resource-view';
import { fill } from './resource-view';
import type { Place, Symbols } from './symbols';
import type { ResourceAddress, TemplateSource } from './types';
import { asText, asTexts, isObject, NO_VALUE, own } from './values';
import { partitionOf, urlSuffixOf } from '../spec/partitions';

export const DEFAULT_ACCOUNT = '111122223333';
export const DEFAULT_REGION = 'us-east-1';
export const DEFAULT_STACK = 'Stack';

const NESTED_STACK = 'AWS::CloudFormation::Stack';
const STACK_NAME_LENGTH = 128;

/** What stacks know of each other. */
export interface Neighbours {
  readonly symbols: Symbols;
  readonly values: EvaluatedValues;
  /** The value of an export in an account and Region; undefined if no stack exports it. */
  exported(account: string, region: string, name: string): Known | undefined;
  output(request: StackOutputRequest): Known | undefined;
  /** The value of an SSM parameter that one of the stacks makes. */
  stored(account: string, region: string, name: string): Known | undefined;
}

/** One stack: its template, its environment, and the values of what its template names. */
export class Stack implements Scope {
  public readonly name: string;
  public readonly account: string;
  public readonly region: string;
  public readonly partition: string;
  public readonly children: ReadonlyMap<string, Stack>;
  /** Resources that a resource's properties refer to: what CloudFormation makes first. */
  public readonly references = new Map<string, Set<string>>();

  private readonly seed: string;

  public constructor(
    public readonly id: string,
    public readonly source: TemplateSource,
    private readonly neighbours: Neighbours,
    private readonly parent?: { readonly stack: Stack; readonly logicalId: string },
  ) {
    const above = parent?.stack;
    this.account = above?.account ?? source.account ?? DEFAULT_ACCOUNT;
    this.region = above?.region ?? source.region ?? DEFAULT_REGION;
    this.partition = above?.partition ?? source.partition ?? partitionOf(this.region);
    this.seed = parent ? parent.stack.seedOf(parent.logicalId) : seedOfRoot(this, id, source.stack ?? DEFAULT_STACK);
    this.name = parent ? parent.stack.nestedName(parent.logicalId) : source.stack ?? DEFAULT_STACK;
    this.children = new Map(Object.entries(source.nested ?? {}).map(([logicalId, nested]) =>
      [logicalId, new Stack(`${id}/${logicalId}`, nested, neighbours, { stack: this, logicalId })] as const));
  }

  public get symbols(): Symbols {
    return this.neighbours.symbols;
  }

  /** Logical ids of the resources the stack has: those whose condition does not fail. */
  public logicalIds(type?: string): string[] {
    return this.declared(type).filter((logicalId) => this.exists(logicalId));
  }

  /** Logical ids of the resources in the template, whatever their conditions. */
  public declared(type?: string): string[] {
    return Object.keys(this.section('Resources')).filter((logicalId) => type === undefined || this.typeOf(logicalId) === type);
  }

  public typeOf(logicalId: string): string {
    return asText(own(own(this.section('Resources'), logicalId), 'Type')) ?? '';
  }

  public address(logicalId: string): ResourceAddress {
    const path = asText(own(own(own(this.section('Resources'), logicalId), 'Metadata'), 'aws:cdk:path')) ?? own(this.source.paths, logicalId);
    return { stack: this.id, logicalId, ...(typeof path === 'string' ? { path } : {}) };
  }

  /** A property of a resource; undefined where it is absent or AWS::NoValue. */
  public property(logicalId: string, name: string): unknown {
    const expression = this.propertyExpression(logicalId, name);
    if (expression === undefined) return undefined;
    return this.evaluate(`${logicalId}.Properties.${name}`, () => resolve(expression, { ...this.address(logicalId), property: name }, this));
  }

  /** A property as the template has it, or a part of it. */
  public propertyExpression(logicalId: string, ...path: readonly string[]): unknown {
    return path.reduce<unknown>(own, own(own(this.section('Resources'), logicalId), 'Properties'));
  }

  /** What stands among the properties of a resource, as the template has it. */
  public propertyNames(logicalId: string): readonly string[] {
    const properties = own(own(this.section('Resources'), logicalId), 'Properties');
    return isObject(properties) ? Object.keys(properties) : [];
  }

  /** One part of a property, without the others. */
  public propertyPart(logicalId: string, ...path: readonly string[]): unknown {
    return this.evaluate(`${logicalId}.Properties.${path.join('.')}`, () =>
      resolve(this.propertyExpression(logicalId, ...path), { ...this.address(logicalId), property: path.join('.') }, this));
  }

  public properties(logicalId: string): Readonly<Record<string, unknown>> {
    return Object.fromEntries(this.propertyNames(logicalId)
      .map((name) => [name, this.property(logicalId, name)] as const)
      .filter(([, value]) => value !== undefined));
  }

  /** Without AWS::LanguageExtensions it is a text; with it an intrinsic, which is resolved like a property. */
  public deletionPolicy(logicalId: string): string | undefined {
    const expression = own(own(this.section('Resources'), logicalId), 'DeletionPolicy');
    if (expression === undefined) return undefined;
    return asText(this.evaluate(`${logicalId}.DeletionPolicy`, () => resolve(expression, { ...this.address(logicalId), property: 'DeletionPolicy' }, this)));
  }

  /** Whether the value of a property is being worked out just now. */
  public isUnderWay(logicalId: string, name: string): boolean {
    return this.neighbours.values.isUnderWay(`${this.id}.${logicalId}.Properties.${name}`);
  }

  /** The value of an output; undefined if there is none of that name. */
  public output(name: string): Known | undefined {
    const output = own(this.section('Outputs'), name);
    if (!this.isThere() || !this.conditionOf(output, this.placeOf(`Outputs.${name}`))) return undefined;
    const value = own(output, 'Value');
    return { value: this.evaluate(`Outputs.${name}`, () => resolve(value, this.placeOf(`Outputs.${name}.Value`), this)) };
  }

  /** The outputs that this stack exports, by the name of the export. */
  public exports(): { readonly name: string; readonly output: string }[] {
    return Object.entries(this.section('Outputs')).flatMap(([output, facts]) => {
      const name = resolve(own(own(facts, 'Export'), 'Name'), this.placeOf(`Outputs.${output}.Export.Name`), this);
      return typeof name === 'string' ? [{ name, output }] : [];
    });
  }

  public ref(name: string, expression: unknown, at: Place): unknown {
    if (name.startsWith('AWS::')) return this.pseudoParameter(name, expression, at);
    if (Object.hasOwn(this.section('Parameters'), name)) return this.parameter(name);
    if (!this.exists(name)) return this.absent(name, expression, at);
    this.depends(at, name);
    return this.physicalId(name);
  }

  public attribute(logicalId: string, name: string, expression: unknown, at: Place): unknown {
    if (!this.exists(logicalId)) return this.absent(logicalId, expression, at);
    this.depends(at, logicalId);
    return this.attributeOf(logicalId, name, expression, at);
  }

  public condition(name: string, at: Place): boolean | undefined {
    const expression = own(this.section('Conditions'), name);
    if (expression === undefined) {
      this.symbols.for([this.id, 'Condition', name], { Condition: name }, at, `there is no condition '${name}'`);
      return undefined;
    }
    return this.evaluate(`Conditions.${name}`, () => holds(expression, this.placeOf(`Conditions.${name}`), this));
  }

  public mapping(map: string, topKey: string, secondKey: string): unknown {
    return own(own(own(this.section('Mappings'), map), topKey), secondKey);
  }

  public importValue(name: string, expression: unknown, at: Place): unknown {
    const found = this.neighbours.exported(this.account, this.region, name) ?? this.given(name);
    if (found) return found.value;
    return this.symbols.for([this.account, this.region, 'Fn::ImportValue', name], expression, at, `no stack that is read exports '${name}'`);
  }

  public stackOutput(request: StackOutputRequest, expression: unknown, at: Place): unknown {
    const found = this.neighbours.output(request);
    if (found) return found.value;
    const { stackName, outputName, region, account } = request;
    return this.symbols.for(['Fn::GetStackOutput', account, region, stackName, outputName], expression, at,
      `no stack '${stackName}' with an output '${outputName}' in ${account}/${region} is read`);
  }

  /** `{{resolve:ssm:name:version}}` of a parameter that a stack makes is its value; all others are read when the stack is deployed. */
  public dynamicReference(reference: string, at: Place): string {
    const [, service, name] = reference.slice(0, -2).split(':');
    if (service === 'ssm') return asText(this.stored(name, reference, at)) ?? reference;
    return this.storedSymbol(reference, reference, at);
  }

  /** What `Ref` returns for a resource. */
  public physicalId(logicalId: string): string {
    return this.evaluate(`Ref ${logicalId}`, () => {
      const type = this.typeOf(logicalId);
      if (type === NESTED_STACK) return this.stackArn(this.nestedName(logicalId), this.seedOf(logicalId));
      const known = RESOURCE_TYPES.get(type);
      if (!known) {
        return this.symbols.for([this.id, 'Ref', logicalId], { Ref: logicalId }, { ...this.address(logicalId), property: 'Ref' },
          `the id of ${type} is known when it is deployed`);
      }
      const view = this.view(logicalId);
      return fill(known.ref, view, this.physicalName(logicalId));
    });
  }

  /** The name or id by which its service knows a resource of a type in the table. */
  public physicalName(logicalId: string): string {
    return this.evaluate(`name of ${logicalId}`, () => RESOURCE_TYPES.get(this.typeOf(logicalId))?.name(this.view(logicalId)) ?? '');
  }

  /** What `Fn::GetAtt` returns; a symbol if that is known only after deployment. */
  public attributeOf(logicalId: string, name: string, expression: unknown, at: Place): unknown {
    return this.found(logicalId, name) ?? this.symbols.for([this.id, 'Fn::GetAtt', logicalId, name], expression, at,
      `'${name}' of ${this.typeOf(logicalId)} is known when it is deployed`);
  }

  /** The stack that is deployed by itself, in which this one is nested. */
  public root(): Stack {
    return this.parent ? this.parent.stack.root() : this;
  }

  /** A nested stack is there if its resource is. */
  public isThere(): boolean {
    return !this.parent || this.parent.stack.exists(this.parent.logicalId);
  }

  public exists(logicalId: string): boolean {
    const resource = own(this.section('Resources'), logicalId);
    return isObject(resource) && this.isThere() && this.conditionOf(resource, { ...this.address(logicalId), property: 'Condition' });
  }

  /** Lists the parts of the template that are not read: what macros make, loops, nested stacks without a template. */
  public listUnread(): void {
    const template = this.source.template;
    const list = (expression: unknown, at: Place, because: string): void => {
      this.symbols.for([this.id, at.logicalId, at.property, expression], expression, at, because);
    };
    for (const transform of asTexts(own(template, 'Transform')).filter((name) => name !== 'AWS::LanguageExtensions')) {
      list(transform, this.placeOf('Transform'), `what transform '${transform}' makes of the template is not read`);
    }
    for (const key of this.declared().filter((name) => name.startsWith('Fn::'))) {
      list({ [key]: own(this.section('Resources'), key) }, this.placeOf(`Resources.${key}`), `the resources of ${key} are not read`);
    }
    for (const logicalId of this.logicalIds(NESTED_STACK).filter((nested) => !this.children.has(nested))) {
      const at = { ...this.address(logicalId), property: 'TemplateURL' };
      list(this.propertyExpression(logicalId, 'TemplateURL'), at, 'the template of the nested stack is not at hand: its resources are not read');
    }
  }

  private found(logicalId: string, name: string): unknown {
    const type = this.typeOf(logicalId);
    if (type === NESTED_STACK && name.startsWith('Outputs.')) return this.children.get(logicalId)?.output(name.slice('Outputs.'.length))?.value;
    if (type === 'Custom::CrossRegionExportReader') return this.neighbours.stored(this.account, this.region, name)?.value;
    const attributes = RESOURCE_TYPES.get(type)?.attributes;
    if (!attributes || !Object.hasOwn(attributes, name)) return undefined;
    return this.evaluate(`GetAtt ${logicalId}.${name}`, () => fill(attributes[name], this.view(logicalId), this.physicalName(logicalId)));
  }

  private view(logicalId: string): ResourceView {
    return {
      type: this.typeOf(logicalId),
      logicalId,
      stackName: this.name,
      partition: this.partition,
      account: this.account,
      region: this.region,
      urlSuffix: urlSuffixOf(this.partition),
      seed: this.seedOf(logicalId),
      text: (property) => asText(this.property(logicalId, property)),
    };
  }

  private pseudoParameter(name: string, expression: unknown, at: Place): unknown {
    switch (name) {
      case 'AWS::AccountId': return this.account;
      case 'AWS::Region': return this.region;
      case 'AWS::Partition': return this.partition;
      case 'AWS::URLSuffix': return urlSuffixOf(this.partition);
      case 'AWS::StackName': return this.name;
      case 'AWS::StackId': return this.stackArn(this.name, this.seed);
      case 'AWS::NotificationARNs': return [];
      case 'AWS::NoValue': return NO_VALUE;
      default: return this.symbols.for(['Ref', name], expression, at, `there is no pseudo parameter '${name}'`);
    }
  }

  private parameter(name: string): unknown {
    const { parameters, deployParameters } = this.root().source;
    const at = this.placeOf(`Parameters.${name}`);
    return this.evaluate(`Parameters.${name}`, () => parameterValue({
      declared: own(this.section('Parameters'), name),
      given: own(parameters, `${this.id}:${name}`) ?? own(parameters, `${this.name}:${name}`) ?? (this.parent ? undefined : own(parameters, name)),
      passed: this.parent ? this.argumentOfParent(name) : own(deployParameters, name),
      symbols: this.symbols,
      at,
      identity: [this.id, name],
      stored: (stored) => this.stored(stored, { Ref: name }, at),
    }));
  }

  private argumentOfParent(name: string): unknown {
    const { stack, logicalId } = this.parent!;
    const argument = stack.propertyExpression(logicalId, 'Parameters', name);
    if (argument === undefined) return undefined;
    const value = evaluate(argument, { ...stack.address(logicalId), property: `Parameters.${name}` }, stack);
    return value === NO_VALUE ? undefined : value;
  }

  private stored(name: string, expression: unknown, at: Place): unknown {
    const known = this.neighbours.stored(this.account, this.region, name);
    return known ? known.value : this.storedSymbol(name, expression, at);
  }

  private given(name: string): Known | undefined {
    const value = own(this.root().source.exports, name);
    return value === undefined ? undefined : { value };
  }

  /** A resource or output without a condition is there; so is one whose condition is not known, which is listed. */
  private conditionOf(holder: unknown, at: Place): boolean {
    const name = own(holder, 'Condition');
    if (holder === undefined || typeof name !== 'string') return holder !== undefined;
    const value = this.condition(name, at);
    if (value === undefined) {
      this.symbols.for([this.id, 'Condition', name], { Condition: name }, at, `whether condition '${name}' holds is not known: read as if it did`);
    }
    return value !== false;
  }

  private storedSymbol(name: string, expression: unknown, at: Place): string {
    return this.symbols.for(['stored', this.account, this.region, name], expression, at, 'the stored value is read when the stack is deployed');
  }

  private absent(name: string, expression: unknown, at: Place): string {
    return this.symbols.for([this.id, 'Ref', name], expression, at, `there is no parameter or resource '${name}' in stack '${this.id}'`);
  }

  private depends(at: Place, on: string): void {
    if (at.stack !== this.id || at.logicalId === '') return;
    const known = this.references.get(at.logicalId) ?? new Set();
    this.references.set(at.logicalId, known.add(on));
  }

  private stackArn(name: string, seed: string): string {
    return `arn:${this.partition}:cloudformation:${this.region}:${this.account}:stack/${name}/${uuid(seed)}`;
  }

  /** CloudFormation names a nested stack after its parent and its logical id. */
  private nestedName(logicalId: string): string {
    const random = hexId(this.seedOf(logicalId), 12).toUpperCase();
    return `${`${this.name}-${logicalId}`.slice(0, STACK_NAME_LENGTH - random.length - 1)}-${random}`;
  }

  private seedOf(logicalId: string): string {
    return `${this.seed}/${logicalId}`;
  }

  private section(name: string): Readonly<Record<string, unknown>> {
    const section = own(this.source.template, name);
    return isObject(section) ? section : {};
  }

  private placeOf(property: string): Place {
    return { stack: this.id, logicalId: '', property };
  }

  private evaluate<T>(name: string, compute: () => T): T {
    return this.neighbours.values.get(`${this.id}.${name}`, compute);
  }
}

/** Generated names stay the same whatever other stacks are read beside: only two of one name in one environment need their id. */
function seedOfRoot({ account, region }: Stack, id: string, name: string): string {
  return `${account}/${region}/${id.includes('#') ? id : name}`;
}
