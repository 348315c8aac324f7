import { conditionKeyFacts } from './condition-keys';

/**
 * The condition keys that AWS puts into requests to every service, and into which of them.
 *
 * Source: IAM User Guide, "AWS global condition context keys", the "Availability" and "Value type" of each key.
 */

/** Which requests carry a key, in the words of the page. */
export type Carried =
  /** "Always included", "in all requests". */
  | 'always'
  /** By a user, a role's session, a federated user or a root user; not by a service that calls as itself. */
  | 'by identities'
  /** "Always included in the request context for IAM users", and for nobody else. */
  | 'by users'
  /** "When the call is made by an AWS service principal", and by nobody else. */
  | 'by services'
  /** "Only when the principal uses temporary credentials": of MFA besides, not for every kind of session. */
  | 'with temporary credentials'
  /** "Except when the requester uses a VPC endpoint", and redacted where services call on somebody's behalf. */
  | 'outside VPC endpoints'
  /** "When a service that supports [it] uses the credentials of an IAM principal." */
  | 'through services'
  /** "Only if the account that owns the resource is a member of an organization." */
  | 'for resources in organizations'
  /** Only by some requests, and there is nothing that every request tells about it: a request that carries it has to say so. */
  | 'if stated';

/** What is known of one global condition key. */
export interface GlobalConditionKeyFacts {
  readonly carried: Carried;
  /** Whether one request may carry several values. */
  readonly multivalued?: boolean;
}

const carried = (when: Carried): GlobalConditionKeyFacts => ({ carried: when });
const several = (when: Carried): GlobalConditionKeyFacts => ({ carried: when, multivalued: true });

/** Every key with a fixed name. Those whose name has a part of its own (`aws:PrincipalTag/…`) are there once for each tag. */
export const GLOBAL_CONDITION_KEYS: Readonly<Record<string, GlobalConditionKeyFacts>> = {
  // The principal.
  'aws:PrincipalArn': carried('by identities'),
  'aws:PrincipalAccount': carried('always'),
  'aws:PrincipalOrgPaths': several('if stated'),
  'aws:PrincipalOrgID': carried('if stated'),
  'aws:PrincipalIsAWSService': carried('always'),
  'aws:PrincipalServiceName': carried('by services'),
  'aws:PrincipalServiceNamesList': several('by services'),
  'aws:PrincipalType': carried('always'),
  'aws:userid': carried('always'),
  'aws:username': carried('by users'),
  // The session.
  'aws:AssumedRoot': carried('if stated'),
  'aws:FederatedProvider': carried('if stated'),
  'aws:TokenIssueTime': carried('with temporary credentials'),
  'aws:MultiFactorAuthAge': carried('with temporary credentials'),
  'aws:MultiFactorAuthPresent': carried('with temporary credentials'),
  'aws:ChatbotSourceArn': carried('if stated'),
  'aws:Ec2InstanceSourceVpc': carried('if stated'),
  'aws:Ec2InstanceSourcePrivateIPv4': carried('if stated'),
  'aws:SourceIdentity': carried('if stated'),
  'ec2:RoleDelivery': carried('if stated'),
  'ec2:SourceInstanceArn': carried('if stated'),
  'glue:RoleAssumedBy': carried('if stated'),
  'glue:CredentialIssuingService': carried('if stated'),
  'lambda:SourceFunctionArn': carried('if stated'),
  'ssm:SourceInstanceArn': carried('if stated'),
  'identitystore:UserId': carried('if stated'),
  // The network.
  'aws:SourceIp': carried('outside VPC endpoints'),
  'aws:SourceVpc': carried('if stated'),
  'aws:SourceVpce': carried('if stated'),
  'aws:VpceAccount': carried('if stated'),
  'aws:VpceOrgID': carried('if stated'),
  'aws:VpceOrgPaths': several('if stated'),
  'aws:VpcSourceIp': carried('if stated'),
  // The resource.
  'aws:ResourceAccount': carried('always'),
  'aws:ResourceOrgID': carried('for resources in organizations'),
  'aws:ResourceOrgPaths': several('for resources in organizations'),
  // The request.
  'aws:CalledVia': several('through services'),
  'aws:CalledViaFirst': carried('through services'),
  'aws:CalledViaLast': carried('through services'),
  'aws:ViaAWSService': carried('always'),
  'aws:CurrentTime': carried('always'),
  'aws:EpochTime': carried('always'),
  'aws:referer': carried('if stated'),
  'aws:RequestedRegion': carried('always'),
  'aws:TagKeys': several('if stated'),
  'aws:SecureTransport': carried('always'),
  'aws:SourceAccount': carried('if stated'),
  'aws:SourceArn': carried('if stated'),
  'aws:SourceOrgID': carried('if stated'),
  'aws:SourceOrgPaths': several('if stated'),
  'aws:UserAgent': carried('always'),
};

/** Keys that a request carries if it comes through a VPC endpoint, and by which one may know that it does. */
export const VPC_ENDPOINT_KEYS = ['aws:SourceVpc', 'aws:SourceVpce', 'aws:VpcSourceIp', 'aws:VpceAccount'] as const;

const BY_NAME = new Map(Object.entries(GLOBAL_CONDITION_KEYS).map(([name, facts]) => [name.toLowerCase(), facts]));

/** The facts of a global key by its name, in any case; undefined for every other key. */
export function globalConditionKeyFacts(name: string): GlobalConditionKeyFacts | undefined {
  return BY_NAME.get(name.toLowerCase());
}

/** Whether AWS has a condition key of this name, in any case, that requests to KMS may carry. */
export function isConditionKey(name: string): boolean {
  return conditionKeyFacts(name) !== undefined || globalConditionKeyFacts(name) !== undefined || name.toLowerCase().startsWith('aws:principaltag/');
}
