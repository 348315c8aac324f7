import { seen, TemplateError } from './errors';
import type { TemplateSource } from './types';
import { isObject, own } from './values';

/** CloudFormation User Guide, "Template sections". */
const SECTIONS = ['Resources', 'Parameters', 'Outputs', 'Conditions', 'Mappings', 'Rules', 'Metadata', 'Transform', 'Description', 'AWSTemplateFormatVersion'];

const KEY_TYPES = ['AWS::KMS::Key', 'AWS::KMS::ReplicaKey', 'AWS::KMS::Alias'];

/** The source with a template that is plain JSON and its own: later changes by the caller do not reach it. */
export function checked(source: unknown, where: string): TemplateSource {
  if (!isObject(source)) throw input(`${where} takes an object with a template, got ${seen(source)}`);
  const template = plainJson(own(source, 'template'), where);
  checkSections(template, where);
  const nested = own(source, 'nested');
  return {
    ...source,
    template,
    nested: Object.fromEntries(Object.entries(isObject(nested) ? nested : {})
      .map(([logicalId, child]) => [logicalId, checked(child, `${where}, nested stack '${logicalId}'`)] as const)),
  };
}

function plainJson(template: unknown, where: string): Readonly<Record<string, unknown>> {
  if (!isObject(template)) {
    throw input(`${where} is no CloudFormation template: a JSON object with Resources is needed, got ${seen(template)}${typeof template === 'string' ? '; parse it first' : ''}`);
  }
  try {
    return JSON.parse(JSON.stringify(template)) as Record<string, unknown>;
  } catch (cause) {
    const why = cause instanceof RangeError ? 'is nested too deeply to be a template'
      : cause instanceof TypeError && cause.message.includes('circular') ? 'has a part that contains itself' : `is no JSON: ${String(cause)}`;
    throw new TemplateError('ERR_TEMPLATE_INPUT', `${where} ${why}`, { cause });
  }
}

function checkSections(template: Readonly<Record<string, unknown>>, where: string): void {
  if (!SECTIONS.some((section) => Object.hasOwn(template, section))) {
    throw input(`${where} is no CloudFormation template: none of its sections (${SECTIONS.slice(0, 4).join(', ')}, …) is there, got ${seen(template)}`);
  }
  const resources = own(template, 'Resources');
  if (resources === undefined) return;
  if (!isObject(resources)) throw input(`Resources of ${where} is an object by logical id, got ${seen(resources)}`);
  for (const [logicalId, resource] of Object.entries(resources)) {
    if (logicalId.startsWith('Fn::')) continue;
    const type = own(resource, 'Type');
    if (typeof type !== 'string') throw input(`resource '${logicalId}' of ${where} has no Type, got ${seen(resource)}`);
    // CloudFormation knows types by their exact names; a key under another would be passed over.
    const meant = KEY_TYPES.find((known) => known.toLowerCase() === type.trim().toLowerCase());
    if (meant !== undefined && meant !== type) throw input(`resource '${logicalId}' of ${where} has the Type '${type}', which CloudFormation does not know: write ${meant}`);
    const properties = own(resource, 'Properties');
    if (properties !== undefined && !isObject(properties)) throw input(`Properties of resource '${logicalId}' of ${where} is an object by name, got ${seen(properties)}`);
  }
}

function input(message: string): TemplateError {
  return new TemplateError('ERR_TEMPLATE_INPUT', message);
}
