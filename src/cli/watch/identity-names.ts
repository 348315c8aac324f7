import type { Deployment, TemplateIdentity } from '../../template';

/**
 * The ARNs under which a role or user of a template may go: its own if the template names it, else anything that ends in other letters than those that were
 * made up for it (CloudFormation User Guide, "Name type": `<stack>-<logical id>-<random>`).
 */
export function identityPattern({ arn, type, stack, logicalId }: TemplateIdentity, deployment: Deployment): RegExp {
  const resource = deployment.resources(type).find((each) => each.stack === stack && each.logicalId === logicalId);
  const named = resource?.properties[type === 'AWS::IAM::Role' ? 'RoleName' : 'UserName'] !== undefined;
  const [, start] = /^(.*-)[A-Za-z0-9]{12}$/.exec(arn) ?? [];
  if (named || start === undefined) return new RegExp(`^${escaped(arn)}$`);
  return new RegExp(`^${escaped(start)}[A-Za-z0-9]{8,16}$`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
