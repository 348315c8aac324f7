import type { Level } from './finding';
import type { KeySubject } from './key-subject';
import type { Scope } from './scope';
import type { KmsRequest } from '../authz/types';
import type { ResourceAddress } from '../template';

/** Controls of the frameworks that auditors go by, as their own documents number them. */
export interface Controls {
  /** AWS Security Hub, and the proactive controls of AWS Control Tower: `KMS.4`, `CT.KMS.PR.3`. */
  readonly securityHub?: readonly string[];
  /** CIS AWS Foundations Benchmark, by version: `5.0.0/3.6`. */
  readonly cis?: readonly string[];
  /** NIST SP 800-53 revision 5. */
  readonly nist: readonly string[];
  /** PCI DSS 4.0. */
  readonly pci?: readonly string[];
}

/** What a rule is for: docs/checks.md is made from it. */
export interface RuleFacts {
  /** `KP-12` */
  readonly id: string;
  readonly name: string;
  /** That of most of its findings; `level` of a problem says what one finding has instead. */
  readonly level: Level;
  /** One sentence: what is asked of a key, role or policy. */
  readonly title: string;
  /** What can happen otherwise, and where AWS says so. */
  readonly why: string;
  /** What to do, for all findings that bring no fix of their own. */
  readonly fix: string;
  readonly controls: Controls;
  /** Whether it is applied only if it is asked for. */
  readonly optional?: boolean;
}

/** What a rule found. */
export interface Problem {
  readonly at: ResourceAddress;
  /** What messages call the resource, if not by its place. */
  readonly statement?: string;
  /** What was seen, as the end of a sentence that began with the resource and the statement. */
  readonly seen: string;
  readonly fix?: string;
  readonly level?: Level;
  readonly request?: Omit<KmsRequest, 'key'>;
  /** Findings about one resource that have the same cause are one: that of the rule which stands first in RULES, and the others as its effects. */
  readonly cause?: string;
}

/** One rule. */
export interface Rule extends RuleFacts {
  readonly find: (scope: Scope) => readonly Problem[];
}

/** A rule about each key by itself. */
export function keyRule(facts: RuleFacts, find: (key: KeySubject, scope: Scope) => readonly Problem[]): Rule {
  return { ...facts, find: (scope) => scope.keys.flatMap((key) => find(key, scope)) };
}

/** The controls as findings list them. */
export function listed({ securityHub = [], cis = [], nist, pci = [] }: Controls): string[] {
  return [
    ...securityHub.map((id) => `Security Hub ${id}`),
    ...cis.map((id) => `CIS AWS Foundations ${id}`),
    ...nist.map((id) => `NIST 800-53 ${id}`),
    ...pci.map((id) => `PCI DSS ${id}`),
  ];
}
