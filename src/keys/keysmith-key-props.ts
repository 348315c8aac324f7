import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKeyAlarms } from './key-alarms';
import type { AccountAccess } from '../policy/account-access';

/** What all keys of this library have in common: their name, their life, and who looks after them. */
export interface KeysmithKeyProps {
  /**
   * A name that applications and people can use instead of the key id, with or without `alias/` in front. One that begins with a token is taken to
   * be without. In an account and Region a name belongs to one key.
   *
   * Names that begin with `aws/` belong to AWS.
   *
   * @default - the key has no alias
   */
  readonly alias?: string;

  /**
   * What the key is for, as the KMS console shows it. Up to 8192 characters.
   *
   * @default - no description
   */
  readonly description?: string;

  /**
   * Whether the key can be used. A disabled key keeps its material and costs the same.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * What becomes of the key when it leaves the stack. With `DESTROY` its deletion is scheduled, and everything encrypted
   * under it is lost when the pending window ends.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * How long a scheduled deletion can still be cancelled: 7 to 30 days.
   *
   * @default Duration.days(30)
   */
  readonly pendingWindow?: Duration;

  /**
   * Whether the key can have replicas in other Regions. It cannot be changed later: CloudFormation refuses the update.
   *
   * @default false
   */
  readonly multiRegion?: boolean;

  /**
   * What IAM policies of the account may give without the key policy naming the principal.
   *
   * @default AccountAccess.ADMINISTRATION_ONLY
   */
  readonly accountAccess?: AccountAccess;

  /**
   * Who runs the key's life, besides whomever the account's IAM policies let do that: rotation, aliases, tags, description, disabling, deletion.
   * Administrators can neither use the key, nor create grants on it, nor change its policy. Naming some takes nothing from others: only
   * `AccountAccess.NONE` ends the administration by IAM policies.
   *
   * They are of the key's own account: administration has no effect across accounts, so that others are left out with a warning.
   *
   * @default - nobody besides whoever the account's IAM policies say; with `AccountAccess.NONE`, the deployer alone
   */
  readonly administrators?: IPrincipal[];

  /**
   * Who may change the key policy besides the deployer. Whoever may can give themselves any use of the key: name few, and of the key's own account.
   * Recreated under the same name, they still can (see `noRecoveryBecause`), with an IAM policy that allows it.
   *
   * @default - the deployer alone
   */
  readonly policyOwners?: IPrincipal[];

  /**
   * Who may look at the key's policy, grants, tags and rotation, and change nothing.
   *
   * @default - nobody besides administrators and policy owners
   */
  readonly auditors?: IPrincipal[];

  /**
   * Roles and users who can use the key in an emergency: decrypt, directly and through AWS services, under whatever encryption context;
   * a signing key signs and verifies for them. They may describe the key, and change nothing. Nobody uses the key as one of them
   * otherwise, so that every use is worth an alarm: docs/break-glass.md says how.
   *
   * MFA is asked for where AWS can tell: of a role in its trust policy (synthesis fails for a role of the app that can be assumed
   * without), of a user in the key policy. Under `DELEGATE_TO_IAM` the contract of the encryption context binds their direct calls too.
   *
   * @default - nobody
   */
  readonly breakGlass?: IPrincipal[];

  /**
   * Who deploys the stack. KMS refuses to create a key whose policy its creator could not change afterwards, so the deployer is
   * always a policy owner and administrator. It cannot use the key directly; each view (`forService`) gives it what creating and changing the service's
   * resources takes, through that service.
   *
   * @default - the CloudFormation execution role of the stack's synthesizer. Synthesizers that have none
   * (CliCredentialsStackSynthesizer, LegacyStackSynthesizer) leave it to whoever runs the command line: then name that role here
   */
  readonly deployer?: IPrincipal;

  /**
   * Roles that deployed the stack before or will do so, like the CloudFormation execution role of another bootstrap qualifier. They need not exist. Each may
   * put the key policy again, by its ARN and with an IAM policy that allows it, so that a key can follow its stack from one deployer to the next.
   *
   * @default - none
   */
  readonly otherDeployers?: IPrincipal[];

  /**
   * A whole number that is part of a statement's id. Raise it to have CloudFormation put an unchanged key policy again after roles that it names
   * were recreated: KMS keeps the unique id of each, and until the policy is put again its statements are dead for the new ones.
   *
   * @default - none
   */
  readonly policyRevision?: number;

  /**
   * Leaves out the statement that keeps the key from being lost, for the reason given, which is shown at synthesis.
   *
   * By default the deployer, `otherDeployers`, the policy owners and the root user may put the policy again, told by their ARNs, with an IAM policy that
   * allows it. Without that statement, nobody can ever change the policy once the deployer's role and the owners' were deleted, even if they
   * are recreated under the same names; only AWS Support helps. With it, whoever can create a role of such a name in the account can change the policy.
   *
   * @default - the statement is there, unless `accountAccess` is `DELEGATE_TO_IAM`, which needs none
   */
  readonly noRecoveryBecause?: string;

  /**
   * The alarms that watch the key: a `KeyAlarms`, which may watch many keys with the same rules.
   *
   * @default - the key is watched by those alarms only that name it among their `keys`
   */
  readonly alarms?: IKeyAlarms;
}
