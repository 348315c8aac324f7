import { CfnResource, Stack, Token } from 'aws-cdk-lib';
import type { KeysmithKey } from './keysmith-key';
import { propertyOf } from '../app/rendering';
import { referencesOf } from '../app/resolved-value';
import { fits, withKnown } from '../policy/arn-patterns';
import { LATER, OWN_ACCOUNT, demands, plainText, wildcardsOf } from '../policy/conditions';
import type { Conditions } from '../policy/permission';
import { takesIn } from '../policy/requested-actions';
import type { KeyPolicyNeed, NamedInRequest } from '../spec/services';

/** A statement of the key policy, resolved. */
interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly Action?: unknown;
  readonly Condition?: Conditions;
}

/** The statements of a key policy that let a service work with the key in its own name, or for others. */
export class ServiceStatements {
  private readonly allowing: readonly Statement[];
  private readonly stack: Stack;

  constructor(private readonly key: KeysmithKey) {
    this.stack = Stack.of(key);
    const statements = withKnown(key._policyStatements(), this.stack) as readonly Statement[];
    this.allowing = statements.filter(({ Effect }) => Effect === 'Allow');
  }

  /** The actions that a service needs for a resource and that no statement would allow it. */
  public missing(need: KeyPolicyNeed, resource: CfnResource): readonly string[] {
    const own = this.allowing.filter((statement) => this.isForCaller(statement, need));
    const allowed = (action: string) => own.some((statement) => this.allows(statement, action, need, resource));
    if (!need.actions.length) return own.length ? [] : ['kms:Decrypt or kms:GenerateDataKey'];
    return need.actions.filter((action) => !allowed(action));
  }

  /** The actions that a service, or the role with this ARN, is allowed by no statement that names it; under which conditions is for their authors to know. */
  public notGiven(actions: readonly string[], who: { readonly principal?: string; readonly role?: string }): readonly string[] {
    const { principal, role } = who;
    const names = (given: unknown) => (principal !== undefined ? namesOf(given).includes(principal) : this.namesRole(given, role!));
    const own = this.allowing.filter(({ Principal }) => names(Principal));
    const patterns = own.flatMap(({ Action }) => ([] as unknown[]).concat(Action ?? []).map(String));
    return actions.filter((action) => !patterns.some((pattern) => takesIn(pattern, action)));
  }

  private namesRole(principal: unknown, arn: string): boolean {
    const names = typeof principal === 'object' && principal !== null ? (principal as { AWS?: unknown }).AWS : undefined;
    return ([] as unknown[]).concat(names ?? []).some((name) => fits(name, arn, 'none', 'perhaps'));
  }

  /** Whether anything lets in the service of a resource's type, by its name: `AWS::SageMaker::Domain`, `sagemaker`. */
  public mention(resourceType: string): boolean {
    const name = resourceType.split('::')[1].toLowerCase();
    return this.allowing.some(({ Principal, Condition = {} }) => isThrough(Condition, name) || namesOf(Principal).some((service) => service.split('.')[0] === name));
  }

  /** Whether a statement is for those who call, as they call: the service or a role as itself, or others through the service. */
  private isForCaller({ Principal, Condition = {} }: Statement, { principal, via, deployer }: KeyPolicyNeed): boolean {
    const bound = asksOf(Condition, 'kms:viaservice');
    if (principal !== undefined) return !bound && namesOf(Principal).includes(principal.replace('{region}', plainText(this.stack.region)));
    if (namesOf(Principal).length) return false;
    if (via === undefined) return !bound;
    return isThrough(Condition, via) || (deployer === true && !bound && !isNull(Condition, 'kms:viaservice', 'true'));
  }

  private allows({ Action, Condition = {} }: Statement, action: string, need: KeyPolicyNeed, resource: CfnResource): boolean {
    if (!([] as unknown[]).concat(Action ?? []).map(String).some((pattern) => takesIn(pattern, action))) return false;
    if (need.role !== undefined && !this.isForRole(need.role, action, resource)) return false;
    const contexts = keysIn(Condition).filter((key) => key.startsWith(CONTEXT) && asksOf(Condition, key));
    if (contexts.length && WITHOUT_CONTEXT.includes(action)) return false;
    // Who calls for others, or is a role, has no source.
    if (need.principal === undefined && ['aws:sourcearn', 'aws:sourceaccount'].some((key) => asksOf(Condition, key))) return false;
    const { names } = need;
    if (names && contexts.some((key) => key !== `${CONTEXT}${names.context.toLowerCase()}`)) return false;
    return everyValue(Condition, 'aws:sourceaccount', (account) => this.mayBeOwn(account))
      && (!names || ['aws:sourcearn', ...contexts].every((key) => everyValue(Condition, key, (value, operator) => this.mayName(value, operator, names, resource))));
  }

  /** A role that a template names; of one that nobody here knows, any statement may be meant. */
  private isForRole(property: string, action: string, resource: CfnResource): boolean {
    const { targets, text } = referencesOf(resource, property);
    const role = targets.find(CfnResource.isCfnResource) ?? (text.startsWith('{') ? undefined : text.split('/').at(-1));
    return role === undefined || this.key._mayAllow(action, role);
  }

  private mayBeOwn(account: string): boolean {
    const text = plainText(account);
    return text.includes(LATER) || text === OWN_ACCOUNT || Token.isUnresolved(this.stack.account) || text === this.stack.account;
  }

  /** Whether a value takes in the ARN of the resource, as far as anybody can tell before its name is known. */
  private mayName(value: unknown, operator: string, { arn, property }: NamedInRequest, resource: CfnResource): boolean {
    const { account, region } = this.stack;
    const known = (text: string) => (Token.isUnresolved(text) ? LATER : text);
    const name = plainText(resource.stack.resolve(propertyOf(resource, property)) ?? LATER);
    const text = arn.replace('{partition}', 'aws').replace('{region}', known(region)).replace('{account}', known(account)).replace('{name}', name);
    return fits(value, text, wildcardsOf(operator), 'perhaps');
  }
}

const CONTEXT = 'kms:encryptioncontext:';

/** Requests that carry no encryption context: a condition on one denies them. KMS Developer Guide, "kms:EncryptionContext:context-key". */
const WITHOUT_CONTEXT: readonly string[] = ['kms:DescribeKey', 'kms:GetPublicKey', 'kms:Sign', 'kms:Verify'];

function isThrough(conditions: Conditions, via: string): boolean {
  return demands(conditions, (key, value) => key === 'kms:viaservice' && value.split('.')[0] === via);
}

function keysIn(conditions: Conditions): string[] {
  return [...new Set(Object.values(conditions).flatMap((pairs) => Object.keys(pairs)).map((key) => key.toLowerCase()))];
}

/** Whether a request has to have a condition key. */
function asksOf(conditions: Conditions, name: string): boolean {
  return demands(conditions, (key) => key === name) || isNull(conditions, name, 'false');
}

function isNull(conditions: Conditions, name: string, absent: string): boolean {
  return Object.entries(conditions).some(([operator, pairs]) => operator.toLowerCase() === 'null'
    && Object.entries(pairs).some(([key, value]) => key.toLowerCase() === name && String(value) === absent));
}

/** Whether each condition on a key has a value that fits; conditions that ask for anything but a value are none. */
function everyValue(conditions: Conditions, name: string, isFit: (value: string, operator: string) => boolean): boolean {
  return Object.entries(conditions).filter(([operator]) => /^(ForAnyValue:)?(String|Arn)(Equals|EqualsIgnoreCase|Like)(IfExists)?$/i.test(operator))
    .every(([operator, pairs]) => Object.entries(pairs).filter(([key]) => key.toLowerCase() === name)
      .every(([, values]) => ([] as string[]).concat(values).some((value) => isFit(value, operator.replace(/IfExists$/i, '')))));
}

function namesOf(principal: unknown): string[] {
  const services = typeof principal === 'object' && principal !== null ? (principal as { Service?: unknown }).Service : undefined;
  return ([] as unknown[]).concat(services ?? []).map(plainText);
}
