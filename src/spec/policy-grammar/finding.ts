/** Where a policy stands. The grammar of key policies and of IAM policies differs. */
export type PolicyPlacement = 'key policy' | 'iam policy';

/** What is wrong, as far as AWS answers differently to it. */
export type FindingKind = 'syntax' | 'version' | 'characters' | 'size' | 'repeated sid' | 'principal' | 'over-permissive condition';

/** One reason for which KMS or IAM refuses a policy document. */
export interface PolicyFinding {
  readonly kind: FindingKind;
  /** The statement, by its Sid or its position: `#2`; absent where the document itself is meant. */
  readonly statement?: string;
  /** `Principal`, `Condition`, `Version` … */
  readonly element: string;
  /** A sentence: the statement, the element, what was seen and what would work. */
  readonly message: string;
}

/** How a document is read. */
export interface GrammarOptions {
  /**
   * Whether every value is written out, as KMS and IAM get it. If not, the document is part of a CloudFormation template: an object whose one
   * key is `Ref` or begins with `Fn::` stands for a value that is not known, and is no reason to refuse anything.
   *
   * @default false
   */
  readonly resolved?: boolean;
}

/** Takes down one finding in a place. */
export type Report = (element: string, message: string, kind?: FindingKind) => void;

/** A value in a message: short, and safe however deep it is nested. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 90 ? `${value.slice(0, 87)}…` : value}'`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
