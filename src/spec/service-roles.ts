/**
 * Roles that services act with in the role's own name: KMS sees the role and the encryption context of the service, and no `kms:ViaService`. An explicit Deny of
 * direct calls has to leave them out, or the service stops.
 */
export interface ServiceRoleFacts {
  /** Where a resource that was given the key names its role, from `Properties` down. */
  readonly role: string;
  /** The keys of the encryption context, one of which is in every such call. */
  readonly contextKeys: readonly string[];
}

/**
 * Resource type → its role, for services that have no rows yet (`ServiceCall.AS_ROLE`). Read in November 2026.
 *
 * - EventBridge Scheduler User Guide, "Encryption at rest": Decrypt by the schedule's execution role.
 * - EventBridge User Guide, "Encrypting pipes": the pipe's role; the page gives the context key as `aws:pipes:arn` in its text and as `aws:pipe:arn` in its policy.
 */
export const ROLES_OF_SERVICES: Readonly<Record<string, ServiceRoleFacts>> = {
  'AWS::Scheduler::Schedule': { role: 'Target.RoleArn', contextKeys: ['aws:scheduler:schedule:arn'] },
  'AWS::Pipes::Pipe': { role: 'RoleArn', contextKeys: ['aws:pipes:arn', 'aws:pipe:arn'] },
};

/**
 * The role that EC2 attaches encrypted volumes with, and no policy gives anything to: `kms:Decrypt` under a grant of EC2's (Amazon EBS User Guide, "Requirements
 * for Amazon EBS encryption"). IAM takes no colon in a role's name, so that nobody can make one of this name.
 */
export const EC2_INFRASTRUCTURE_ROLE = 'aws:ec2-infrastructure';
