import type { Statement, StatementJson } from './statements';
import { KEY_POLICY_BYTES } from '../spec/limits';

/** Longest plausible texts of what only a deployment knows: GovCloud's partition, a 12-digit account, `ap-southeast-1`. */
const PSEUDO: Readonly<Record<string, number>> = { 'AWS::Partition': 10, 'AWS::AccountId': 12, 'AWS::Region': 14, 'AWS::URLSuffix': 16 };

/** An IAM role's ARN: fixed parts, partition, account and a name of 64 characters, with room for a short path. */
const ARN = 128;

/** Whether the statements fit for certain, judged without resolving anything. A list that is a token may be of any length. */
export function surelyFits(statements: readonly StatementJson[]): boolean {
  const text = JSON.stringify(statements);
  if (text.includes('#{Token[')) return false;
  const tokens = text.split('${Token[').length - 1;
  return text.length + tokens * 2 * ARN < KEY_POLICY_BYTES;
}

/** Bytes of a resolved policy or statement once CloudFormation has filled in the intrinsic functions. */
export function bytesOf(resolved: unknown): number {
  if (typeof resolved === 'string') return Buffer.byteLength(JSON.stringify(resolved));
  if (Array.isArray(resolved)) return listed(resolved.map(bytesOf));
  if (typeof resolved !== 'object' || resolved === null) return JSON.stringify(resolved).length;
  const entries = Object.entries(resolved);
  const [name, argument] = entries[0] ?? [];
  if (entries.length === 1 && name !== undefined && (name === 'Ref' || name.startsWith('Fn::'))) return intrinsicBytes(name, argument) + 2;
  return listed(entries.map(([key, value]) => bytesOf(key) + 1 + bytesOf(value)));
}

/** Parts with commas between them and brackets around. */
function listed(parts: number[]): number {
  return parts.reduce((sum, part) => sum + part, 0) + Math.max(0, parts.length - 1) + 2;
}

function intrinsicBytes(name: string, argument: unknown): number {
  if (name === 'Ref') return PSEUDO[String(argument)] ?? ARN;
  if (name === 'Fn::Join' && Array.isArray(argument)) {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.reduce((sum: number, part) => sum + bytesOf(part) - 2 + separator.length, 0);
  }
  if (name === 'Fn::Sub' && typeof argument === 'string') return argument.replace(/\$\{[^}]*\}/g, (variable) => '-'.repeat(PSEUDO[variable.slice(2, -1)] ?? ARN)).length;
  return ARN;
}

/** One line a statement, the longest first: who is in it and what it costs. */
export function largest(statements: readonly Statement[], resolve: (value: unknown) => unknown): string[] {
  return statements
    .map(({ json, labels }) => ({ sid: json.Sid, labels, bytes: bytesOf(resolve(json)) }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 5)
    .map(({ sid, labels, bytes }) => {
      const some = labels.slice(0, 3).map((label) => readable(resolve(label)));
      return `${sid}: ${bytes} bytes for ${some.join(', ')}${labels.length > 3 ? ` and ${labels.length - 3} more` : ''}`;
    });
}

function readable(label: unknown): string {
  return typeof label === 'string' ? label : JSON.stringify(label);
}
