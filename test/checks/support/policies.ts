import type { CheckOptions, Finding, Level, Report } from '../../../src/checks';
import { check } from '../../../src/checks';
import { readTemplate, readTemplates } from '../../../src/template';
import type { ReadOptions, TemplateSource } from '../../../src/template';

export const HERE = '111122223333';
export const PARTNER = '444455556666';
export const ROOT = `arn:aws:iam::${HERE}:root`;
export const role = (name: string, account = HERE) => `arn:aws:iam::${account}:role/${name}`;

export type Json = Record<string, unknown>;

/** The account runs the key by IAM policies, and uses it for nothing: what no rule objects to. */
export const ADMINISTERS: Json = {
  Sid: 'Administers',
  Effect: 'Allow',
  Principal: { AWS: ROOT },
  Action: ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:CancelKeyDeletion', 'kms:EnableKeyRotation', 'kms:TagResource'],
  Resource: '*',
};

/** An Allow for a role under the context of a tenant: the good statement that others are made of. */
export const allow = (more: Json = {}): Json => ({
  Sid: 'Use', Effect: 'Allow', Principal: { AWS: role('reader') }, Action: 'kms:Decrypt', Resource: '*', Condition: { StringEquals: { 'kms:EncryptionContext:tenant': 't1' } }, ...more,
});

export const policyOf = (statements: unknown): Json => ({ Version: '2012-10-17', Statement: statements });

/** A template with one key, that is rotated and retained, and whatever else. */
export function keyTemplate(statements: unknown, properties: Json = {}, resources: Json = {}, key: Json = {}): Json {
  const own = Array.isArray(statements) ? [ADMINISTERS, ...statements as Json[]] : statements;
  return {
    Resources: {
      Key: { Type: 'AWS::KMS::Key', DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain', ...key, Properties: { EnableKeyRotation: true, KeyPolicy: policyOf(own), ...properties } },
      ...resources,
    },
  };
}

/** A policy of exactly these statements, without the one by which the account runs the key. */
export const bare = (statements: readonly Json[], properties: Json = {}): Json => (
  keyTemplate(undefined, { ...properties, KeyPolicy: policyOf(statements) })
);

export interface Case {
  readonly name: string;
  readonly template: object;
  readonly read?: ReadOptions;
  /** Several templates in the place of `template`. */
  readonly templates?: readonly TemplateSource[];
  readonly options?: CheckOptions;
  /** Where the rule is to point. */
  readonly statement?: string;
  readonly level?: Level;
}

export const reportOf = ({ template, templates, read, options }: Omit<Case, 'name'>): Report =>
  check(templates ? readTemplates(templates) : readTemplate(template, read), options);

/** All findings, also those that are told as effects of another. */
export function all(findings: readonly Finding[]): Finding[] {
  return findings.flatMap((finding) => [finding, ...all(finding.related ?? [])]);
}

export const of = (rule: string, report: Report): Finding[] => all(report.findings).filter((finding) => finding.rule === rule);

/** A golden case: what a rule has to say, to leave alone, and to say of a good policy that was changed in one place. */
export interface Golden {
  readonly rule: string;
  readonly hits: readonly Case[];
  readonly misses: readonly Case[];
  readonly mutations: readonly { readonly name: string; readonly good: Omit<Case, 'name'>; readonly bad: Omit<Case, 'name'> }[];
}
