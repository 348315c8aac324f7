import { CfnResource, Stack, Token } from 'aws-cdk-lib';
import type { IResolveContext } from 'aws-cdk-lib';
import { isOfFoundRoles } from './found-roles';
import type { ServiceView } from './service-view';
import { differ, quoted } from '../app/constructs';
import { VIEW_OF_TOKEN } from '../app/key-view';
import type { KeyViewToken } from '../app/key-view';

/**
 * The key's ARN or id as a view gives it: the key's own in the template, and a mark by which a resource that was given the view is
 * told from one that was given the key.
 */
export class ViewReference implements KeyViewToken {
  /** Left out, as CDK does by default: a trace for each token costs more than it tells. */
  public readonly creationStack: string[] = [];

  public readonly [VIEW_OF_TOKEN]: ServiceView;

  constructor(private readonly view: ServiceView, private readonly value: string) {
    this[VIEW_OF_TOKEN] = view;
  }

  public resolve(context: IResolveContext): string {
    const misuse = misuseBy(this.view, context);
    if (!misuse) return this.value;
    if (!context.preparing) throw new Error(misuse);
    // Synthesis goes on to validation, which reports it with everything else. A reference here would fail before that, with a message of CDK's.
    this.view.refuse({ at: context.scope, message: misuse });
    return REFUSED;
  }

  public toString(): string {
    return Token.asString(this, { displayHint: `${this.view.service.name}View` });
  }

  public toJSON(): string {
    return `<view of ${this.view.key.node.path} for ${this.view.service.title}>`;
  }
}

/** Stands for a key where none can be had: never rendered. */
const REFUSED = '<refused>';

const IDENTITY_POLICIES = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::Role', 'AWS::IAM::User', 'AWS::IAM::Group'];

/** Why the element being rendered cannot have the view; undefined where it can. */
function misuseBy(view: ServiceView, { scope, preparing }: IResolveContext): string | undefined {
  if (!CfnResource.isCfnResource(scope)) return undefined;
  if (IDENTITY_POLICIES.includes(scope.cfnResourceType) && !isOfFoundRoles(scope, view)) {
    return `${quoted(scope)} is an identity policy that names ${view.label}: it gives nothing that the key policy does not give, and is not bound to the service; `
      + 'grant with the construct that was given the view (bucket.grantRead(…)) or with the view\'s own grant methods, not with KeyGrants.fromKey(view). '
      + "A table's replica knows its key by the ARN only: grant on it by actions (replica.grant(role, 'dynamodb:GetItem', …)), and on a view of its key";
  }
  const [here, there] = [Stack.of(scope), view.stack];
  if (differ(here.account, there.account)) {
    return `${quoted(scope)} in account ${here.account} was given ${view.label} in account ${there.account}: a template cannot refer to another account's key; `
      + `make a key in ${here.account} for it, or keep the resource in ${there.account} and grant to the roles of ${here.account} by name`;
  }
  if (preparing && here !== there && view.waitsFor(scope)) {
    return `${quoted(scope)} was given ${view.label}, so that stack '${here.node.path}' waits for stack '${there.node.path}', which refers to '${here.node.path}' itself: `
      + 'neither could be deployed first. Roles of the key\'s stack whose policies name the resource are the usual reason: keep them in the resource\'s stack or in a stack of '
      + 'their own, import the resource by a literal name where it is granted, or move the key';
  }
  return undefined;
}
