import { refuseCircles } from './circles';
import { attachmentsOf } from './identities';
import { aliasesOf, keysOf } from './keys';
import { resolve } from './resolver';
import type { Stack } from './stack';
import { Stacks } from './stacks';
import type { Deployment, ReadOptions, TemplateResource, TemplateSource, TemplateStack } from './types';
import { checked } from './validate';
import { asText } from './values';

/**
 * What deploying one CloudFormation template would leave behind.
 *
 * Names that CloudFormation would generate are made from a hash instead, in the same shape, so that reading twice gives the same.
 * What is not known yet (imports from elsewhere, parameters without a value, dynamic references, ids that only the service knows)
 * stays as a symbol and is listed in `unresolved`.
 *
 * @throws TemplateError `ERR_TEMPLATE_INPUT` if this is no template, `ERR_TEMPLATE_CYCLE` if resources depend on each other in a circle.
 */
export function readTemplate(template: object, options: ReadOptions = {}): Deployment {
  return readTemplates([{ ...options, template }]);
}

/** What deploying several templates together would leave behind: imports are followed to the stack that exports, in any order. */
export function readTemplates(sources: readonly TemplateSource[]): Deployment {
  const stacks = new Stacks(sources.map((source, index) => checked(source, source?.stack ? `the template of stack '${source.stack}'` : `template ${index + 1}`)));
  const resources = stacks.all().flatMap((stack) => stack.logicalIds().map((logicalId) => resourceOf(stack, logicalId)));
  stacks.all().forEach((stack) => stack.listUnread());
  refuseCircles(stacks.all());

  const [keys, aliases, attached] = [keysOf(stacks), aliasesOf(stacks), attachmentsOf(stacks)];
  const lookedUp = (called: string, logicalId: string): Stack | undefined => {
    const stack = stacks.find(called);
    return stack?.exists(logicalId) ? stack : undefined;
  };
  return {
    stacks: stacks.all().map(factsOf),
    keys,
    aliases,
    ...attached,
    get unresolved() { return stacks.symbols.list(); },
    physicalId: (stack, logicalId) => lookedUp(stack, logicalId)?.physicalId(logicalId),
    attribute: (stack, logicalId, name) => {
      const place = { stack, logicalId, property: name };
      return asText(lookedUp(stack, logicalId)?.attributeOf(logicalId, name, { 'Fn::GetAtt': [logicalId, name] }, place));
    },
    evaluate: (called, expression) => {
      const stack = stacks.find(called);
      return stack && resolve(expression, { stack: stack.id, logicalId: '', property: 'an expression' }, stack);
    },
    resources: (type) => type === undefined ? resources : resources.filter((resource) => resource.type === type),
  };
}

function resourceOf(stack: Stack, logicalId: string): TemplateResource {
  const deletionPolicy = stack.deletionPolicy(logicalId);
  return {
    ...stack.address(logicalId),
    type: stack.typeOf(logicalId),
    properties: stack.properties(logicalId),
    ...(deletionPolicy === undefined ? {} : { deletionPolicy }),
    account: stack.account,
    region: stack.region,
  };
}

function factsOf(stack: Stack): TemplateStack {
  const { id, name, account, region, partition, source: { file, path } } = stack;
  // Nested stacks are deployed by the role of the stack they are in.
  const { executionRoleArn, ...given } = stack.root().source;
  const assumed = (['account', 'region'] as const).filter((part) => given[part] === undefined);
  return {
    id,
    name,
    account,
    region,
    partition,
    ...(file === undefined ? {} : { file }),
    ...(path === undefined ? {} : { path }),
    ...(executionRoleArn === undefined ? {} : { executionRoleArn: filledIn(executionRoleArn, { account, region, partition }) }),
    ...(assumed.length === 0 ? {} : { assumed }),
  };
}

/** The environment placeholders of a manifest. */
function filledIn(text: string, { account, region, partition }: { account: string; region: string; partition: string }): string {
  return text.replaceAll('${AWS::AccountId}', account).replaceAll('${AWS::Region}', region).replaceAll('${AWS::Partition}', partition);
}
