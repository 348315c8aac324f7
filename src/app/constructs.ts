import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** What messages call a construct: by the path of the one its author wrote, which keeps its resource as `Resource`. */
export function called({ node }: IConstruct): string {
  const author = node.id === 'Resource' && node.scope && !Stack.isStack(node.scope) ? node.scope.node : node;
  return `'${author.path}'`;
}
