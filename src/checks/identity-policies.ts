import type { Scope } from './scope';
import { valuesAt } from './service-facts';
import type { Statement } from '../authz';
import { readPolicy } from '../authz';
import type { TemplateResource } from '../template';

/** An IAM policy document, wherever a template has one for users, roles, groups or permission sets. */
export interface IdentityPolicy {
  readonly resource: TemplateResource;
  readonly name: string;
  readonly statements: readonly Statement[];
}

/** Type → where documents stand, and where their names. */
const DOCUMENTS: Readonly<Record<string, readonly (readonly [document: string, name: string])[]>> = {
  'AWS::IAM::Policy': [['PolicyDocument', 'PolicyName']],
  'AWS::IAM::ManagedPolicy': [['PolicyDocument', 'ManagedPolicyName']],
  'AWS::IAM::RolePolicy': [['PolicyDocument', 'PolicyName']],
  'AWS::IAM::UserPolicy': [['PolicyDocument', 'PolicyName']],
  'AWS::IAM::GroupPolicy': [['PolicyDocument', 'PolicyName']],
  'AWS::IAM::Role': [['Policies.*.PolicyDocument', 'Policies.*.PolicyName']],
  'AWS::IAM::User': [['Policies.*.PolicyDocument', 'Policies.*.PolicyName']],
  'AWS::IAM::Group': [['Policies.*.PolicyDocument', 'Policies.*.PolicyName']],
  'AWS::SSO::PermissionSet': [['InlinePolicy', 'Name']],
};

/** Every IAM policy document of the templates, also of policies that nobody has. */
export function identityPoliciesOf({ deployment }: Scope): readonly IdentityPolicy[] {
  return Object.entries(DOCUMENTS).flatMap(([type, places]) => deployment.resources(type).flatMap((resource) => places.flatMap(([document, name]) => {
    const names = valuesAt(resource.properties, name);
    return valuesAt(resource.properties, document).map((written, index) => ({
      resource, name: typeof names[index] === 'string' ? names[index] : resource.logicalId, statements: readPolicy(parsed(written), 'iam policy').statements,
    }));
  })));
}

/** Permission sets hold their document as a text. */
function parsed(document: unknown): unknown {
  if (typeof document !== 'string') return document;
  try {
    return JSON.parse(document);
  } catch {
    return undefined;
  }
}
