import { readTemplate } from '../../src/template';
import type { Deployment, ReadOptions } from '../../src/template';

/** A template whose one bucket carries an expression in a property, with whatever else the expression needs. */
export function templateWith(expression: unknown, parts: Record<string, object> = {}): object {
  const { Resources = {}, ...sections } = parts;
  return { ...sections, Resources: { ...Resources, Holder: { Type: 'AWS::S3::Bucket', Properties: { Probe: expression } } } };
}

/** The deployment of such a template, and what the expression became in it. */
export function probe(
  expression: unknown, parts: Record<string, object> = {}, options: ReadOptions = {},
): { value: unknown; deployment: Deployment } {
  const deployment = readTemplate(templateWith(expression, parts), options);
  const holder = deployment.resources().find(({ logicalId }) => logicalId === 'Holder');
  return { value: holder?.properties.Probe, deployment };
}

export function valueOf(expression: unknown, parts: Record<string, object> = {}, options: ReadOptions = {}): unknown {
  return probe(expression, parts, options).value;
}

/** What a symbol looks like as a whole. */
export const SYMBOL = /^unresolved-[0-9a-f]{16}$/;

export const allow = (action: string, resource: unknown = '*') => ({ Effect: 'Allow', Action: action, Resource: resource });
export const policy = (...statements: unknown[]) => ({ Version: '2012-10-17', Statement: statements });
export const trust = (principal: unknown) => policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal });
