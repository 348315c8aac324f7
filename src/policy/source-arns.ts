import { Annotations, CfnResource, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { fits, partsOf, withKnown } from './arn-patterns';
import { demands, plainText, readable, wildcardsOf, type Wildcards } from './conditions';
import { DeploymentOrder, type Crossing } from './deployment-order';
import type { ConditionValue, Conditions } from './permission';
import type { StatementJson } from './statements';
import { textGiven } from '../app/arguments';
import { quoted } from '../app/constructs';
import { ResolvedValue } from '../app/resolved-value';

const SOURCE_ARN = 'aws:sourcearn';

/** A resource that a service is to act for, and what else has to be deployed for it. */
interface Source {
  readonly arn: string;
  /** Elements that the ARN refers to, which the key's template then waits for. */
  readonly crossings: readonly Crossing[];
}

/** The resources that services act for, where statements would let them in for more of their kind. */
export class SourceArns {
  private readonly named = new Map<string, Source[]>();

  constructor(private readonly key: Construct) {}

  /** Notes the resources of a service that are meant. */
  public narrow(service: string, arns: readonly string[]): void {
    const of = ` of '${this.key.node.path}'`;
    const where = `narrowSourceArn('${textGiven(service, `service of narrowSourceArn(…)${of}`, 'name the principal, like cloudfront.amazonaws.com')}', …)${of}`;
    if (!arns.length) throw new Error(`${where} names no resource: give it the ARN of one at least`);
    for (const arn of arns) {
      textGiven(arn, `a source ARN of ${where}`, 'give the ARNs one by one, as texts');
      const text = readable(Stack.of(this.key).resolve(arn));
      if (!Token.isUnresolved(arn) && (!/^arn:/.test(arn) || partsOf(arn).length < 6)) throw new Error(`${where} was given '${text}', which is no ARN`);
      if (/[*?]/.test(text)) throw new Error(`${where} was given '${text}', a pattern: name the resources one by one`);
    }
    this.named.set(service, [...this.named.get(service) ?? [], ...arns.map((arn) => ({ arn, crossings: this.crossingsOf(arn) }))]);
  }

  /** Whether no resource is meant, so that statements stay as they are. */
  public get isEmpty(): boolean {
    return !this.named.size;
  }

  /** A statement with the resources that are meant in the place of the patterns that take them in. */
  public applied(statement: StatementJson, preparing: boolean): StatementJson {
    const sources = this.sourcesOf(statement).filter(({ crossings }) => crossings.every((crossing) => this.orderOf(crossing, preparing) === 'key waits'));
    if (!sources.length) return statement;
    const narrowed = (operator: string, value: ConditionValue): ConditionValue => {
      const arns = listOf(value).flatMap((pattern) => {
        const meant = sources.filter(({ arn }) => this.takesIn(pattern, arn, wildcardsOf(operator)));
        return meant.length ? meant.map(({ arn }) => arn) : [pattern];
      });
      return arns.length === 1 ? arns[0] : [...new Set(arns)];
    };
    return {
      ...statement,
      Condition: mapped(statement.Condition ?? {}, (operator, key, value) => {
        // Preparing, CDK looks for references, which are those of the resources that are named; what a view asks for has none.
        if (preparing && key.toLowerCase() === SOURCE_ARN && isLate(value)) return sources.map(({ arn }) => arn);
        return isSource(operator, key, value) ? narrowed(operator, value) : value;
      }),
    };
  }

  /** Resources that nobody lets in a service for, and such that the key cannot wait for, a sentence each. */
  public problems(statements: () => readonly StatementJson[]): string[] {
    if (!this.named.size) return [];
    // CDK's own warning asks for what was done, and is there by now.
    if (this.named.has(CLOUDFRONT)) acknowledgeWildcard(this.key);
    const all = statements();
    return [...this.named].flatMap(([service, sources]) => sources.flatMap((source) => this.wrongWith(service, source, all)));
  }

  private wrongWith(service: string, source: Source, statements: readonly StatementJson[]): string[] {
    const stack = Stack.of(this.key);
    const where = `narrowSourceArn('${service}', …) of '${this.key.node.path}' names ${readable(withKnown(stack.resolve(source.arn), stack))}`;
    const circle = source.crossings.find((crossing) => this.orderOf(crossing, false) === 'cycle');
    if (circle) {
      return [`${where}, by a reference to ${quoted(circle.grantee)}, which is deployed after the key, as it waits for something that has the key: write the ARN out once it exists `
        + '(arn:aws:…, from a context value, say), and leave the call out until then'];
    }
    const isFor = ([operator, pattern]: readonly [string, string]) => this.takesIn(pattern, source.arn, wildcardsOf(operator));
    const meant = statements.some((statement) => this.sourcesOf(statement).includes(source) && patternsIn(statement).some(isFor));
    return meant ? [] : [`${where}, and no statement of the key policy lets in that service for a pattern that takes it in: look at its account, its type, and the service's name`];
  }

  private sourcesOf({ Effect, Principal }: StatementJson): readonly Source[] {
    if (!this.named.size || Effect !== 'Allow' || typeof Principal !== 'object') return [];
    const names = Object.values(Principal).flatMap((each) => listOf(each)).map((name) => plainText(Stack.of(this.key).resolve(name)));
    return names.length === 1 && 'Service' in Principal ? this.named.get(names[0]) ?? [] : [];
  }

  private takesIn(pattern: string, arn: string, wildcards: Wildcards): boolean {
    const stack = Stack.of(this.key);
    const known = (value: string) => withKnown(stack.resolve(value), stack);
    return fits(known(pattern), known(arn), wildcards, 'perhaps');
  }

  private crossingsOf(arn: string): Crossing[] {
    const resource = this.key.node.defaultChild as CfnResource;
    const { targets } = ResolvedValue.of(arn, resource).at([]);
    return targets.filter(CfnResource.isCfnResource).map((target) => DeploymentOrder.of(this.key).crossing(resource, target, false));
  }

  private orderOf(crossing: Crossing, preparing: boolean) {
    return DeploymentOrder.of(this.key).orderOf(crossing, preparing);
  }
}

export const CLOUDFRONT = 'cloudfront.amazonaws.com';

/** Takes off CDK's own warning of the statement that it adds for every distribution: something narrows that. */
export function acknowledgeWildcard(key: Construct): void {
  Annotations.of(key).acknowledgeWarning('@aws-cdk/aws-cloudfront-origins:wildcardKeyPolicyForOac');
}

/**
 * That a statement lets in a service for every resource of a type, in a sentence with the way out; undefined where it names some.
 *
 * The account is bound, and any of its resources can have the service decrypt: whoever may make a distribution reads every bucket that lets CloudFront in.
 * Who names the account alone (`aws:SourceAccount`) says so; who writes a pattern, or has a construct of CDK write it, mostly had one resource in mind. What is kept to some
 * resources besides, by an encryption context say, is left alone, unless `unlessKept` is false.
 */
export function everySource(statement: StatementJson, key: Construct, unlessKept = true): string | undefined {
  const stack = Stack.of(key);
  const { Sid, Effect, Principal, Condition = {} } = withKnown(stack.resolve(statement), stack) as StatementJson;
  if (Effect !== 'Allow' || typeof Principal !== 'object' || !('Service' in Principal)) return undefined;
  const [wide] = patternsIn({ Condition }).filter(([operator, pattern]) => isEvery(plainText(pattern), wildcardsOf(operator)));
  if (!wide || (unlessKept && demands(Condition, namesSome))) return undefined;
  const service = readable(listOf(Principal.Service)[0]);
  const pattern = readable(wide[1]);
  return `statement '${Sid}' lets ${service} use '${key.node.path}' for every resource that ${pattern} takes in, and not only for the one that is meant. Once that exists, narrow it: `
    + `key.narrowSourceArn('${service}', '${pattern.replaceAll('*', '…')}'). Where all are meant, say why: Annotations.of(key).acknowledgeWarning('cdk-keysmith:every-source', '…')`;
}

/** Whether a value tells resources of one type from each other, by the source or by what is decrypted for it. */
function namesSome(key: string, value: string, wildcards: Wildcards): boolean {
  return (key === SOURCE_ARN || key.startsWith('kms:encryptioncontext:')) && !isEvery(value, wildcards);
}

/** Services whose ARNs begin with a name where those of others have a type. Service Authorization Reference, "Resource types" of each. */
const NAME_FIRST = ['s3', 'sns', 'sqs', 'execute-api', 'codepipeline'];

/** Whether an ARN is a pattern for every resource of a type, or of all types. */
function isEvery(value: string, wildcards: Wildcards): boolean {
  if (wildcards === 'none') return false;
  if (/^[*?]+$/.test(value)) return true;
  const [, , service, , , resource = ''] = partsOf(value);
  const parts = resource.split(/[:/]/).filter(Boolean);
  const [type, ...rest] = parts;
  const isOpen = (part: string) => /^[*?]*\*[*?]*$/.test(part);
  return parts.length > 0 && (parts.every(isOpen) || (!isOpen(type) && !NAME_FIRST.includes(service) && rest.length > 0 && rest.every(isOpen)));
}

/** What a statement asks `aws:SourceArn` to be, with the operators. */
function patternsIn({ Condition = {} }: Pick<StatementJson, 'Condition'>): [operator: string, pattern: string][] {
  return Object.entries(Condition).flatMap(([operator, pairs]) => Object.entries(pairs)
    .filter(([key, value]) => isSource(operator, key, value))
    .flatMap(([, value]) => listOf(value).map((pattern): [string, string] => [operator, pattern])));
}

/** Whether a condition asks for a source. A list that only synthesis knows is the view's own. */
function isSource(operator: string, key: string, value: ConditionValue): boolean {
  return key.toLowerCase() === SOURCE_ARN && /(Arn|String)(Like|Equals)/i.test(operator) && !isLate(value);
}

function isLate(value: ConditionValue): boolean {
  return Array.isArray(value) && Token.isUnresolved(value);
}

function listOf(value: ConditionValue): readonly string[] {
  return ([] as string[]).concat(value);
}

function mapped(conditions: Conditions, change: (operator: string, key: string, value: ConditionValue) => ConditionValue): Conditions {
  return Object.fromEntries(Object.entries(conditions).map(([operator, pairs]) => [
    operator, Object.fromEntries(Object.entries(pairs).map(([key, value]) => [key, change(operator, key, value)])),
  ]));
}
