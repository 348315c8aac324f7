import { CfnResource, DefaultTokenResolver, Reference, StringConcat, Token } from 'aws-cdk-lib';
import type { IPostProcessor, IResolvable, IResolveContext } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { KeysmithKey } from './keysmith-key';
import { KEY, authorsPath, isMarked } from '../app/constructs';
import type { KeyUses } from '../app/key-uses';
import { VIEW_OF_TOKEN, isKeyViewToken } from '../app/key-view';
import { propertyOf, render } from '../app/rendering';
import type { Problem } from '../app/stage-checks';
import { LATER, plainText } from '../policy/conditions';
import { grantsFor } from '../policy/duties';
import type { Conditions } from '../policy/permission';
import { nothingButUses } from '../policy/requested-actions';

/**
 * Identity policies that allow a use of a key which its key policy does not allow, a sentence each: they give nothing, KMS says no at run time only, and
 * the template looks right. `KeyGrants.fromKey(key)` of aws-cdk-lib writes such statements.
 */
export function idleIdentityStatements({ tree }: KeyUses): Problem[] {
  const keys = new Map(tree.filter((each) => isMarked<KeysmithKey>(each, KEY)).map((key) => [key.node.defaultChild as CfnResource, key]));
  return tree.filter(CfnResource.isCfnResource).flatMap((element) => idleStatements(element, keys).map((message) => ({ at: element, message })));
}

/** A statement as IAM elements render it, with references to keys and principals marked. */
interface IdentityStatement {
  readonly Effect?: string;
  readonly Action?: string | readonly string[];
  readonly Resource?: unknown;
  readonly Condition?: Conditions;
}

interface Document {
  readonly PolicyDocument?: { readonly Statement?: IdentityStatement | readonly IdentityStatement[] };
}

/** What a template says of an IAM element: whose policy it is, or whose policies it has. */
interface IdentityProperties extends Document {
  readonly Policies?: readonly Document[];
  readonly Roles?: readonly unknown[];
  readonly Users?: readonly unknown[];
}

const PRINCIPALS = ['AWS::IAM::Role', 'AWS::IAM::User'];
const POLICIES = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'];

/** What an identity policy allows, and whom: roles and users of the app by their elements, others by name. */
export interface IdentityGrant {
  readonly actions: readonly string[];
  /** As text: JSON, in which elements that are referred to are marked. */
  readonly resources: string;
  /** Those elements. */
  readonly elements: readonly CfnResource[];
  readonly principals: readonly (CfnResource | string)[];
  readonly conditions: Conditions;
}

function idleStatements(element: CfnResource, keys: ReadonlyMap<CfnResource, KeysmithKey>): string[] {
  return identityGrants(element).flatMap(({ actions, elements, principals }) =>
    elements.flatMap((named) => keys.get(named) ?? [])
      .flatMap((key) => principals.flatMap((principal) => idle(key, principal, actions))));
}

/** What the identity policies in an element of IAM allow; nothing for other elements. */
export function identityGrants(element: CfnResource): IdentityGrant[] {
  const isPrincipal = PRINCIPALS.includes(element.cfnResourceType);
  if (isPrincipal ? propertyOf(element, 'Policies') === undefined : !POLICIES.includes(element.cfnResourceType)) return [];
  const marks = new Marks();
  const { Resources = {} } = render(element, marks, false) as { Resources?: Record<string, { Properties?: IdentityProperties }> };
  const [{ Properties = {} } = {}] = Object.values(Resources);
  const documents = isPrincipal ? Properties.Policies ?? [] : [Properties];
  const names = [...Properties.Roles ?? [], ...Properties.Users ?? []];
  const principals = isPrincipal ? [element] : names.flatMap((name) => marks.principalOf(name) ?? []);
  const statements = documents.flatMap(({ PolicyDocument }) => PolicyDocument?.Statement ?? []).filter(({ Effect }) => Effect === 'Allow');
  return statements.map(({ Action = [], Resource = '', Condition: conditions = {} }) => {
    const resources = JSON.stringify(Resource ?? '');
    return { actions: ([] as string[]).concat(Action), resources, elements: marks.elementsIn(resources), principals, conditions };
  });
}

function idle(key: KeysmithKey, principal: CfnResource | string, patterns: readonly string[]): string[] {
  const actions = patterns.filter((pattern) => {
    const uses = nothingButUses(pattern);
    return uses.length > 0 && !uses.some((action) => key._mayAllow(action, principal));
  });
  if (!actions.length) return [];
  const name = typeof principal === 'string' ? principal : authorsPath(principal);
  return [`an identity policy allows '${name}' ${actions.join(', ')} on '${key.node.path}', and the key policy does not: `
    + `under AccountAccess.${key.accountAccess} that gives nothing. Use key.${grantsFor(actions.flatMap(nothingButUses)) ?? 'grant(…)'}; KeyGrants.fromKey(key), and statements on key.keyArn, leave the key policy out`];
}

/**
 * Puts texts together: a pseudo parameter in them stands for itself, and what only deployment knows is JSON, so that the marks within stay: the ARN of an execution is
 * made of a part of its state machine's.
 */
class MarkConcat extends StringConcat {
  public override join(left: unknown, right: unknown): string {
    if (isText(left) && isText(right)) return `${left}${right}`;
    const parts = [left, right].filter((part) => part !== undefined).map((part) => withPseudoParameters(part));
    return parts.map((part) => (plainText(part).includes(LATER) ? JSON.stringify(part) : plainText(part))).join('');
  }
}

/** Whether something is a text with nothing in it that only deployment knows. */
function isText(part: unknown): part is string {
  return typeof part === 'string' && !Token.isUnresolved(part);
}

/** A resolved value with a text, `<AWS.Region>`, for each reference to a pseudo parameter: it is the same in each place. */
export function withPseudoParameters(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replace(/\{"Ref":"AWS::(\w+)"\}/g, '"<AWS.$1>"')) as unknown;
}

/** Renders references as marks that can be read again. */
class Marks extends DefaultTokenResolver {
  private readonly marked = new Map<string, CfnResource>();

  constructor() {
    super(new MarkConcat());
  }

  public override resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    // A view says by itself that it has no place here.
    if (isKeyViewToken(token)) return markOf(token[VIEW_OF_TOKEN]);
    if (!Reference.isReference(token) || !CfnResource.isCfnResource(token.target)) return super.resolveToken(token, context, postProcessor);
    const mark = markOf(token.target);
    this.marked.set(mark, token.target);
    return mark;
  }

  /** The elements that are named in a text. */
  public elementsIn(text: string): CfnResource[] {
    return [...this.marked].filter(([mark]) => text.includes(mark)).map(([, element]) => element);
  }

  /** The role or user a policy belongs to; undefined if only deployment knows. */
  public principalOf(name: unknown): CfnResource | string | undefined {
    return typeof name === 'string' ? this.marked.get(name) ?? name : undefined;
  }
}

/** What stands for a construct in the resources of an identity grant. */
export function markOf({ node }: IConstruct): string {
  return `<${node.path}>`;
}
