import { CfnResource, Stack } from 'aws-cdk-lib';
import type { CfnElement } from 'aws-cdk-lib';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { namedByPolicy } from './named-by-policy';
import { servedThrough } from './row-resources';
import type { Served } from './served-in-words';
import { literal } from './served-resources';
import type { ServiceView } from './service-view';
import { beforeLinking } from '../app/before-linking';
import { VIEW, authorOf, authorsPath, groupedBy, isMarked, memberOf, quoted } from '../app/constructs';
import { KeyUses } from '../app/key-uses';
import { perStage } from '../app/per-stage';
import { ReferenceGraph } from '../app/reference-graph';
import { referencesOf, referencesWithout } from '../app/resolved-value';
import { namePattern } from '../app/resource-names';
import { takesInAction } from '../app/resource-policies';
import { warn } from '../app/warnings';
import { identityGrants } from '../keys/identity-policies';
import { readable } from '../policy/conditions';
import { ServiceUser } from '../spec/services';
import type { ServiceRow } from '../spec/services';

/**
 * Grants the use of a key to whom IAM policies of the app let use the resource that has it, where constructs of CDK grant nothing on keys: `logGroup.grantRead(role)`.
 */
export const grantFoundUsers: (construct: IConstruct) => void = beforeLinking((stage) => {
  // What waits for what is looked up once: a grant adds references from keys to whom they let in, and whoever waited for a key does so before.
  const graph = new ReferenceGraph();
  for (const user of KeyUses.during(stage, foundUsers)) grantOnce(user, grantedIn(stage), graph);
});

/** Who was granted what, in this synthesis or one before. */
const grantedIn = perStage(() => new Set<string>());

/** Somebody whom an IAM policy lets do what a row is about. */
interface FoundUser {
  readonly view: ServiceView;
  readonly row: ServiceRow;
  readonly resource: Served;
  /** The role or user; a name where the app did not make it. */
  readonly principal: CfnResource | string;
  readonly policy: CfnResource;
}

function foundUsers(uses: KeyUses): FoundUser[] {
  const views = uses.tree.filter((each) => isMarked<ServiceView>(each, VIEW));
  const searched = views.flatMap((view) => view.service.rows.filter(({ userActions }) => userActions).flatMap((row) => {
    return servedThrough(view).flatMap((resource) => namingsFor(resource, view, row).map((naming) => ({ view, row, resource, ...naming })));
  }));
  if (!searched.length) return [];
  const byElement = groupedBy(searched, ({ element }) => element);
  const byName = searched.filter(({ isNamedIn }) => isNamedIn);
  const policies = uses.tree.filter(CfnResource.isCfnResource);
  return policies.flatMap((policy) => identityGrants(policy).flatMap(({ actions, resources, elements, principals }) => {
    const allows = (action: string) => actions.some((pattern) => takesInAction(pattern, action));
    const byReference = elements.flatMap((element) => byElement.get(element) ?? []);
    const named = new Set([...byReference, ...byName.filter(({ isNamedIn }) => isNamedIn!(resources, actions))]);
    const found = named.size ? searched.filter((each) => named.has(each) && each.row.userActions!.some(allows)) : [];
    const everybody = found.length ? [...principals, ...havingAttached(policy, uses)] : [];
    return found.flatMap(({ view, row, resource }) => everybody.map((principal) => ({ view, row, resource, principal, policy })));
  }));
}

/** Who names a managed policy, as roles and users of the app do; it may name them as well. */
function havingAttached(policy: CfnResource, uses: KeyUses): CfnResource[] {
  if (policy.cfnResourceType !== 'AWS::IAM::ManagedPolicy') return [];
  return ['AWS::IAM::Role', 'AWS::IAM::User'].flatMap((type) => uses.ofType(type)).filter((principal) => referencesOf(principal, 'ManagedPolicyArns').targets.includes(policy));
}

/** How statements of IAM policies tell a resource. */
interface Naming {
  /** By a reference to it. */
  readonly element?: CfnResource;
  /** Otherwise: whether it is told by a statement's Resource as JSON, and its actions. */
  readonly isNamedIn?: (resources: string, actions: readonly string[]) => boolean;
}

/** For the resource whose users are meant, or others that it names; none where there are none. */
function namingsFor(resource: Served, view: ServiceView, row: ServiceRow): Naming[] {
  if (row.usersOf === undefined) return [namingOf(resource, view, row)];
  if (typeof resource === 'string' || !CfnResource.isCfnResource(resource)) return [];
  const { targets, texts } = referencesWithout(resource, row.usersOf);
  if (targets.length) return targets.map((target) => namingOf(target, view, row));
  return texts.filter((text) => /^arn:[^*]+$/.test(text)).map((arn) => ({ isNamedIn: (resources) => resources.includes(JSON.stringify(arn)) }));
}

/** By reference, or by its literal name in an ARN. */
function namingOf(resource: Served, view: ServiceView, row: ServiceRow): Naming {
  if (typeof resource === 'string') return { isNamedIn: (resources, actions) => namedByPolicy(resource, row, view, resources, actions) };
  const element = CfnResource.isCfnResource(resource) ? resource : undefined;
  const name = element ? namePattern(element, view.service.resourceNames ?? [])
    : (row.context?.imported ?? []).map(({ property }) => literal(resource, property)).find((told) => told !== undefined);
  if (name === undefined || name.includes('*')) return { element };
  return { element, isNamedIn: (resources, actions) => namedByPolicy(name, row, view, resources, actions) };
}

function grantOnce(user: FoundUser, granted: Set<string>, graph: ReferenceGraph): void {
  const { view, row, resource, principal } = user;
  const who = typeof principal === 'string' ? principal : authorsPath(principal);
  const what = typeof resource === 'string' ? `'${readable(view.stack.resolve(resource))}', which is served by` : `${quoted(resource)}, which was given`;
  const id = JSON.stringify([view.node.path, row.sid, who]);
  if (granted.has(id)) return;
  granted.add(id);
  const asReader = row.who === ServiceUser.READER;
  const grantee = granteeOf(user);
  const why = grantee ? cannotBeNamed(user, graph) : 'nothing tells its ARN';
  if (why === undefined) {
    view.grantRow(row, grantee!);
    return;
  }
  const where = row.usersOf === undefined ? '' : `what ${row.usersOf} names in `;
  warn(view.key, 'cdk-keysmith:unfound-user', `an IAM policy lets '${who}' ${asReader ? 'read from' : 'write to'} ${where}${what} ${view.label}, and ${why}: nothing was added to `
    + 'the key policy, and KMS will deny it where the service asks KMS for whoever calls it');
}

/** Why the key policy cannot name a role or user of the app: no deployment could begin with either. */
function cannotBeNamed({ view: { key }, principal }: FoundUser, graph: ReferenceGraph): string | undefined {
  if (typeof principal === 'string') return undefined;
  const isElsewhere = principal.stack !== Stack.of(key);
  const isNamed = ['roleName', 'userName'].some((name) => literal(principal, name) !== undefined);
  if ((isElsewhere && isNamed) || !graph.waitsFor(principal, key.node.defaultChild as CfnElement)) return undefined;
  return `it waits for the key at deployment: ${isElsewhere ? 'give it a literal name' : 'keep the policy out of its inline and managed policies (addToPrincipalPolicy makes one of its own)'}`;
}

/** The construct that its author wrote, be it made here or imported; else the element by its ARN. */
function granteeOf({ principal, policy, view }: FoundUser): IGrantable | undefined {
  // An imported role keeps its policies below itself.
  const authors = typeof principal === 'string' ? policy.node.scopes.reverse() : [authorOf(principal)];
  const author = authors.find((scope) => memberOf(scope, 'grantPrincipal') !== undefined && memberOf(scope, 'document') === undefined);
  if (author) return author as unknown as IGrantable;
  if (typeof principal === 'string' || principal.stack !== Stack.of(view.key)) return undefined;
  return new ArnPrincipal(principal.getAtt('Arn').toString());
}
