import { Stack } from 'aws-cdk-lib';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { AccountAccess } from './account-access';
import type { Permission } from './permission';
import { accountRoot, type Sentence } from './statements';
import { ADMINISTER, ADMINISTER_ROTATION, AUDIT, OWN_POLICY, OWN_REPLICAS } from '../spec/actions';

/** Who looks after a key. */
export interface KeyRoles {
  readonly deployers: readonly IPrincipal[];
  readonly policyOwners: readonly IPrincipal[];
  readonly administrators: readonly IPrincipal[];
  readonly auditors: readonly IPrincipal[];
}

/** What about the key changes what looking after it takes. */
export interface KeyTraits {
  readonly rotates: boolean;
  readonly multiRegion: boolean;
  /** Changes a statement's id, and with it the template, so that the policy is put again. */
  readonly revision?: number;
}

/**
 * What keeps a key from being lost when roles are recreated: KMS keeps the unique id of a role that a policy names, so that a new role of the same name is
 * nobody to it. Told by their ARNs instead, the deployer and the policy's owners can put the policy again. DescribeKey finds out what state it is in.
 */
export const RECOVER_POLICY: Permission = { sid: 'RecoverPolicy', actions: [...OWN_POLICY, 'kms:DescribeKey'] };

/** What the account's own IAM policies may give, by the account access; nothing for `NONE`. */
export function accountSentence(access: AccountAccess, traits: KeyTraits, construct: Construct): Sentence | undefined {
  const principal = { type: 'AWS', name: accountRoot(Stack.of(construct).account) } as const;
  switch (access) {
    case AccountAccess.ADMINISTRATION_ONLY:
      return { sid: 'AccountAdministersThroughIam', effect: 'Allow', actions: administration(traits), principal, label: 'the account' };
    case AccountAccess.DELEGATE_TO_IAM:
      return { sid: revised('AccountDelegatesToIam', traits), effect: 'Allow', actions: ['kms:*'], principal, label: 'the account' };
    default:
      return undefined;
  }
}

/** What each of those who look after the key is permitted. */
export function permissionsOf(roles: KeyRoles, traits: KeyTraits): [IPrincipal, Permission][] {
  const own: Permission = { sid: revised('OwnPolicy', traits), actions: traits.multiRegion ? [...OWN_POLICY, ...OWN_REPLICAS] : OWN_POLICY };
  const administer: Permission = { sid: 'Administer', actions: administration(traits) };
  const audit: Permission = { sid: 'Audit', actions: AUDIT };
  const give = (principals: readonly IPrincipal[], permission: Permission): [IPrincipal, Permission][] =>
    principals.map((principal) => [principal, permission]);
  return [
    ...give([...roles.deployers, ...roles.policyOwners], own),
    ...give([...roles.deployers, ...roles.administrators], administer),
    ...give(roles.auditors, audit),
  ];
}

function administration({ rotates }: KeyTraits): readonly string[] {
  return rotates ? [...ADMINISTER, ...ADMINISTER_ROTATION] : ADMINISTER;
}

function revised(sid: string, { revision }: KeyTraits): string {
  return revision === undefined ? sid : `${sid}Revision${revision}`;
}
