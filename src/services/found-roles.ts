import type { CfnResource } from 'aws-cdk-lib';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { isAbout, namingsOf } from './row-resources';
import type { ServiceView } from './service-view';
import { beforeLinking } from '../app/before-linking';
import { VIEW, authorOf, isMarked, memberOf, quoted } from '../app/constructs';
import { KeyUses } from '../app/key-uses';
import type { ActingRole } from '../app/key-view';
import { roleNamedIn } from '../app/named-roles';
import { perStage } from '../app/per-stage';
import { warn } from '../app/warnings';
import { identityGrants, markOf } from '../keys/identity-policies';
import { AccountAccess } from '../policy/account-access';
import { plainText } from '../policy/conditions';
import { ServiceCall, ServiceRowTime, ServiceUser } from '../spec/services';
import type { ServiceRow } from '../spec/services';

/**
 * Grants roles that services act with what rows say, by where resources name them. Constructs of CDK write some of it into the policies of such roles, which give
 * nothing where the key policy decides, and may name nothing: a state machine without a name has an empty one there.
 */
export const grantFoundRoles: (construct: IConstruct) => void = beforeLinking((stage) => {
  const all = KeyUses.during(stage, ({ tree }) => tree.filter((each) => isMarked<ServiceView>(each, VIEW))
    .flatMap((view) => view.service.rows.filter(isForFoundRoles).flatMap((row) => rolesFor(row, view).map((found) => ({ found, row, view })))));
  for (const { found, row, view } of all) grantOnce(found, row, view, grantedIn(stage));
});

/** Who was granted what, in this synthesis or one before. */
const grantedIn = perStage(() => new Set<string>());

/** A role that a service acts with, and the resources that name it. */
interface FoundRole {
  /** The role, or the ARN of one that the app did not make; undefined where only deployment knows it. */
  readonly role?: CfnResource | string;
  readonly runners: readonly CfnResource[];
}

/** Whether a row is for roles that synthesis finds. */
export function isForFoundRoles({ who, when, rolePath }: ServiceRow): boolean {
  return who === ServiceUser.ASSUMED_ROLE && rolePath !== undefined && (when === ServiceRowTime.GIVEN || when === ServiceRowTime.NAMED);
}

/** The roles that the service of a view acts with, for whoever denies direct calls. */
export function actingRolesOf(view: ServiceView): ActingRole[] {
  return view.service.rows.flatMap((row) => (row.shape === ServiceCall.AS_ROLE && row.rolePath !== undefined && row.context
    ? runnersOf(row, view).map((resource) => ({ resource, role: row.rolePath!, contextKeys: [row.context!.key] })) : []));
}

/**
 * Whether all that an identity policy says of a view is what its rows say of the roles that have the policy: constructs of CDK write such statements for the role
 * that their service acts with. They are bound to the service by its encryption context, as the key policy is.
 */
export function isOfFoundRoles(policy: CfnResource, view: ServiceView): boolean {
  const rows = view.service.rows.filter(isForFoundRoles);
  if (!rows.length) return false;
  const about = identityGrants(policy).filter(({ resources }) => resources.includes(markOf(view)));
  // A group's policy tells no roles, nor does a managed one that roles are to name: nobody knows whose it is.
  const isToldWhose = about.length > 0 && about.every(({ principals }) => principals.length > 0);
  return isToldWhose && about.every(({ actions, principals, conditions }) => rows.some((row) => {
    const told = `kms:EncryptionContext:${row.context?.key}`;
    const isBound = Object.entries(conditions).some(([operator, pairs]) => /^(String|Arn)(Equals|Like)$/.test(operator) && told in pairs);
    if (!isBound || !actions.every((action) => row.actions.includes(action))) return false;
    const roles = rolesFor(row, view).map(({ role }) => role);
    return principals.every((principal) => roles.some((role) => (typeof role === 'string' ? plainText(view.stack.resolve(role)).split('/').at(-1) : role) === principal));
  }));
}

/** The roles that a row is for, each with the resources that name it. */
function rolesFor(row: ServiceRow, view: ServiceView): FoundRole[] {
  const byRole = new Map<unknown, FoundRole>();
  for (const runner of runnersOf(row, view)) {
    const role = roleNamedIn(runner, row.rolePath!);
    if (role === '') continue;
    const key = role ?? runner;
    byRole.set(key, { role, runners: [...byRole.get(key)?.runners ?? [], runner] });
  }
  return [...byRole.values()];
}

/** The resources that name the role of a row: those that have the view, or in a row that is NAMED those that name one. */
function runnersOf(row: ServiceRow, view: ServiceView): CfnResource[] {
  if (row.when === ServiceRowTime.NAMED) return [...new Set(namingsOf(row, view).flatMap(({ actors }) => actors))];
  return [...new Set(KeyUses.of(view).through(view).map(({ resource }) => resource))].filter(isAbout(row, view));
}

function grantOnce({ role, runners }: FoundRole, row: ServiceRow, view: ServiceView, granted: Set<string>): void {
  if (role === undefined) {
    warnOfUnknown(runners, view);
    return;
  }
  const who = typeof role === 'string' ? JSON.stringify(view.stack.resolve(role)) : role.node.path;
  const id = JSON.stringify([view.node.path, row.sid, who]);
  if (granted.has(id)) return;
  granted.add(id);
  const path = row.rolePath!;
  view.grantRole(row, granteeOf(role), who, (runner) => {
    const now = roleNamedIn(runner, path);
    return typeof now === 'string' ? JSON.stringify(view.stack.resolve(now)) === who : now === role;
  });
}

/** The construct that its author wrote; else the role by its ARN. */
function granteeOf(role: CfnResource | string): IGrantable {
  if (typeof role === 'string') return new ArnPrincipal(role);
  const author = authorOf(role);
  return memberOf(author, 'grantPrincipal') === undefined ? new ArnPrincipal(role.getAtt('Arn').toString()) : author as unknown as IGrantable;
}

function warnOfUnknown(runners: readonly CfnResource[], view: ServiceView): void {
  const denied = view.key.accountAccess === AccountAccess.DELEGATE_TO_IAM ? 'it needs an IAM policy of its own' : 'KMS will deny what is asked in its name';
  for (const runner of runners) {
    warn(runner, 'cdk-keysmith:unknown-service-role', `nobody knows the role of ${quoted(runner)} before it is deployed, as which ${view.service.title} uses the key of ${view.label}: `
      + `nothing was added to the key policy, and ${denied}. Make the role in this app, or import it by its ARN`);
  }
}
