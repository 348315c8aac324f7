import { KmsException } from './exceptions';
import type { Grant, Key, KeyPolicy } from './key';
import type { GonePrincipal, PrincipalDirectory } from './types';
import type { PolicyDocument, PolicyStatement } from '../../authz';

/**
 * Principals that key policies and grants name. KMS keeps the unique id of a role or user and shows its ARN for as long as there is one:
 * a role that is deleted and made again under its name is another principal, and where the old one was named its id stands then.
 * Conditions compare text, so that `aws:PrincipalArn` means either.
 *
 * Here an ARN in a stored policy or grant always means the role or user there is now, and is rewritten to the unique id when that one goes.
 *
 * Sources: IAM User Guide, "AWS JSON policy elements: Principal" (role principals); AWS re:Post, "How can I resolve the KMS key policy error
 * 'Policy contains a statement with one or more invalid principals'?". That ListGrants shows unique ids too is known from those who call it
 * (hashicorp/terraform-provider-aws#3038).
 */

/** Unique ids of IAM (IAM User Guide, "IAM identifiers"): AROA… for roles, AIDA… for users. */
const UNIQUE_ID = /^A[A-Z]{3}[A-Z0-9]{12,}$/;

/**
 * The policy as KMS takes it: unique ids of roles and users that there are become their ARNs.
 *
 * @throws MalformedPolicyDocumentException for a principal that does not exist: "The principals in the key policy must exist and be visible
 * to KMS" (KMS API Reference, CreateKey, PutKeyPolicy)
 */
export function requirePrincipals(policy: KeyPolicy, directory: PrincipalDirectory | undefined): KeyPolicy {
  if (!directory) return policy;
  return rewrite(policy, (principal) => {
    const arn = UNIQUE_ID.test(principal) ? directory.arnOf(principal) : principal;
    if (arn !== undefined && directory.exists(arn)) return arn;
    throw new KmsException('MalformedPolicyDocumentException', `Policy contains a statement with one or more invalid principals. (there is no ${principal})`);
  });
}

/** The policy of a key that is there already: whoever it names, unique ids of roles and users that there are become their ARNs. */
export function withArns(policy: KeyPolicy, directory: PrincipalDirectory | undefined): KeyPolicy {
  return directory ? rewrite(policy, (principal) => (UNIQUE_ID.test(principal) && directory.arnOf(principal)) || principal) : policy;
}

/** @throws InvalidArnException for a grantee or retiring principal that does not exist */
export function requireGrantPrincipals({ granteePrincipal, retiringPrincipal }: Grant, directory: PrincipalDirectory | undefined): void {
  for (const principal of [granteePrincipal, retiringPrincipal]) {
    if (principal?.startsWith('arn:') && directory?.exists(principal) === false) {
      throw new KmsException('InvalidArnException', `ARN does not refer to a valid principal: ${principal}`);
    }
  }
}

/** Writes the unique id of a principal that is gone wherever the key names it. */
export function forget(key: Key, gone: GonePrincipal): void {
  const shown = (principal: string) => (names(principal, gone) ? `${gone.uniqueId}${sessionIn(principal)}` : principal);
  key.policy = rewrite(key.policy, shown, (principal) => (names(principal, gone) ? gone.uniqueId : principal));
  for (const [id, grant] of key.grants) {
    const { granteePrincipal, retiringPrincipal } = grant;
    const retiring = retiringPrincipal && { retiringPrincipal: shown(retiringPrincipal) };
    key.grants.set(id, { ...grant, granteePrincipal: shown(granteePrincipal), ...retiring });
  }
}

/** The AWS principals that a policy names: ARNs, account numbers, unique ids and `*`. */
export function awsPrincipalsIn({ Statement }: PolicyDocument): string[] {
  const found: string[] = [];
  for (const statement of [Statement].flat()) mapStatement(statement, (principal) => (found.push(principal), principal));
  return found;
}

/** The policy with other principals; the very same one if none changes. `decided` are those that decisions see, where they differ from what is shown. */
function rewrite(policy: KeyPolicy, shown: (principal: string) => string, decided = shown): KeyPolicy {
  const document = mapPrincipals(policy.document, decided);
  if (JSON.stringify(document) === JSON.stringify(policy.document)) return policy;
  return { document, text: JSON.stringify(mapPrincipals(JSON.parse(policy.text) as PolicyDocument, shown)) };
}

function mapPrincipals(document: PolicyDocument, map: (principal: string) => string): PolicyDocument {
  const { Statement } = document;
  const mapped = [Statement].flat().map((statement) => mapStatement(statement, map));
  return { ...document, Statement: Array.isArray(Statement) ? mapped : mapped[0] };
}

function mapStatement(statement: PolicyStatement, map: (principal: string) => string): PolicyStatement {
  const mapped = { ...statement };
  for (const element of ['Principal', 'NotPrincipal'] as const) {
    const principals: unknown = mapped[element];
    // What a key starts with is taken as it is, whatever it is.
    if (typeof principals !== 'object' || principals === null || !Object.hasOwn(principals, 'AWS')) continue;
    const { AWS: named } = principals as { AWS: unknown };
    mapped[element] = { ...principals, AWS: Array.isArray(named) ? named.map((one) => mapText(one, map)) : mapText(named, map) };
  }
  return mapped;
}

function mapText(value: unknown, map: (principal: string) => string): string {
  return typeof value === 'string' ? map(value) : value as string;
}

/** Whether a principal is the role or user that is gone, or a session of the role. */
function names(principal: string, { arn }: GonePrincipal): boolean {
  return principal === arn || principal.startsWith(sessionsOf(arn));
}

function sessionsOf(roleArn: string): string {
  const [scheme, partition, , , account, resource] = roleArn.split(':');
  return `${scheme}:${partition}:sts::${account}:assumed-role/${resource.split('/').pop()}/`;
}

function sessionIn(principal: string): string {
  const session = /:assumed-role\/[^/]+\/(.+)$/.exec(principal)?.[1];
  return session === undefined ? '' : `:${session}`;
}
