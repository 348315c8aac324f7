import type { OneOrMore } from './types';
import { CONDITION_KEYS } from '../spec/condition-keys';

/** Parameters of a KMS operation, as the API names them. */
export type Parameters = Readonly<Record<string, unknown>>;

/**
 * The condition keys that repeat a request's parameters: `kms:SigningAlgorithm` of Sign, `kms:GrantOperations` of CreateGrant … For
 * `KmsRequest.conditionKeys`. What follows from the key, the caller or the encryption context is not among them: `decide` knows it.
 */
export function conditionKeysOf(action: string, parameters: Parameters): Record<string, OneOrMore<string>> {
  const keys: Record<string, OneOrMore<string>> = {};
  for (const [name, { parameter, actions }] of Object.entries(CONDITION_KEYS)) {
    const value = parameter !== undefined && actions.includes(action) ? textOf(member(parameters, parameter)) : undefined;
    if (value !== undefined) keys[name] = value;
  }
  return { ...keys, ...createKeyKeys(action, parameters), ...tagKeys(action, parameters) };
}

/** CreateKey has no key yet whose properties could be asked: its parameters and their defaults stand in (API Reference, CreateKey). */
function createKeyKeys(action: string, parameters: Parameters): Record<string, string> {
  if (action !== 'kms:CreateKey') return {};
  const { KeySpec = 'SYMMETRIC_DEFAULT', KeyUsage = 'ENCRYPT_DECRYPT', Origin = 'AWS_KMS', MultiRegion = false } = parameters;
  const keys = { 'kms:KeySpec': String(KeySpec), 'kms:KeyUsage': String(KeyUsage), 'kms:KeyOrigin': String(Origin), 'kms:MultiRegion': String(MultiRegion) };
  return MultiRegion === true ? { ...keys, 'kms:MultiRegionKeyType': 'PRIMARY' } : keys;
}

/** `aws:RequestTag/…` and `aws:TagKeys`, from the tags that are set or the tag keys that are taken away. */
function tagKeys(action: string, parameters: Parameters): Record<string, OneOrMore<string>> {
  const removed = action === 'kms:UntagResource' && Array.isArray(parameters.TagKeys) ? parameters.TagKeys.map(String) : [];
  const tagged = action === 'kms:CreateKey' || action === 'kms:TagResource';
  const tags = tagged && Array.isArray(parameters.Tags) ? parameters.Tags as { TagKey: string; TagValue: string }[] : [];
  const names = [...removed, ...tags.map(({ TagKey }) => TagKey)];
  const requestTags = Object.fromEntries(tags.map(({ TagKey, TagValue }) => [`aws:RequestTag/${TagKey}`, TagValue]));
  return names.length > 0 ? { ...requestTags, 'aws:TagKeys': names } : {};
}

function member(parameters: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (value as Parameters | undefined)?.[name], parameters);
}

function textOf(value: unknown): OneOrMore<string> | undefined {
  if (value === undefined || value === null) return undefined;
  // "The value is expressed in Unix time" (KMS Developer Guide, kms:ValidTo).
  if (value instanceof Date) return String(value.getTime() / 1000);
  return Array.isArray(value) ? value.map(String) : String(value);
}
