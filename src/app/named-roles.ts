import { CfnResource, Token } from 'aws-cdk-lib';
import { referencesOf } from './resolved-value';
import { sameEverywhere } from './resource-names';

/**
 * The role that a property of a resource names: by reference, or by its ARN, which may hold pseudo parameters. Undefined where only deployment knows it; an empty
 * text where there is no such property.
 */
export function roleNamedIn(resource: CfnResource, path: string): CfnResource | string | undefined {
  const { targets: [element], text } = referencesOf(resource, path);
  if (element) return CfnResource.isCfnResource(element) && element.cfnResourceType === 'AWS::IAM::Role' ? element : undefined;
  if (!text.startsWith('{')) return text;
  const arn = JSON.parse(text) as unknown;
  return sameEverywhere(arn) ? Token.asString(arn) : undefined;
}
