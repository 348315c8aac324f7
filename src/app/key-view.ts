import type { CfnResource, IResolvable } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { ServiceRoleFacts } from '../spec/service-roles';
import type { KmsServiceProps } from '../spec/services';

/** A construct that a resource takes for a key: the key as one service uses it. Reading an app takes no more of it. */
export interface KeyView extends IConstruct {
  readonly service: KmsServiceProps;
  /** The roles that the service acts with, for resources that have the view; asked at synthesis. */
  readonly actingRoles: readonly ActingRole[];
}

/** A role that a service acts with, told by a resource that names it. */
export interface ActingRole extends ServiceRoleFacts {
  readonly resource: CfnResource;
}

/** The ARN or id that a view gives for its key's. Templates show the key; the token shows by which way the resource came by it. */
export interface KeyViewToken extends IResolvable {
  readonly [VIEW_OF_TOKEN]: KeyView;
}

export const VIEW_OF_TOKEN = Symbol.for('cdk-keysmith.viewOfToken');

export function isKeyViewToken(token: IResolvable): token is KeyViewToken {
  return VIEW_OF_TOKEN in token;
}
