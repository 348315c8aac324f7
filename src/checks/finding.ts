import type { KmsRequest } from '../authz/types';
import type { ResourceAddress } from '../template';

/** An error is a proved exposure, or what certainly fails at deployment or run time; the rest is a warning. */
export type Level = 'error' | 'warning';

/** One thing that a rule has to say about one resource. */
export interface Finding {
  /** `KP-12` */
  readonly rule: string;
  /** `ContextNotRequired` */
  readonly name: string;
  readonly level: Level;
  /** Id of the stack whose template has the resource. */
  readonly template?: string;
  readonly resource: ResourceAddress;
  /** Of the key policy: Sid, or position, `#2`. Of an identity policy, the policy's name before it, with a slash between. */
  readonly statement?: string;
  /** A sentence: the resource, the statement, and what was seen. */
  readonly message: string;
  /** What would work. */
  readonly fix: string;
  /** A request to the key that shows it; `decide` of src/authz takes it once the key is put in. */
  readonly request?: Omit<KmsRequest, 'key'>;
  /** Controls of the frameworks that ask for it: `Security Hub KMS.4`. */
  readonly controls: readonly string[];
  /** Further findings that have the same cause, and go when it goes. */
  readonly related?: readonly Finding[];
}

/** What the templates do not tell. */
export interface CheckOptions {
  /**
   * Accounts besides the key's own, and those of the stacks that are checked with it, whose principals may be let in.
   *
   * @default - none
   */
  readonly trustedAccounts?: readonly string[];
  /**
   * The account of stacks whose environment is open.
   *
   * @default - the account whose root user the key policies name, where they name one
   */
  readonly homeAccount?: string;
  /**
   * Keys whose loss would be a disaster, by alias, logical id or construct path: nobody is to disable or delete them without a second factor, nor who uses them
   * to move their aliases.
   *
   * @default - none
   */
  readonly protectedKeys?: readonly string[];
  /**
   * The ids of the rules to apply.
   *
   * @default - all but those that have to be asked for
   */
  readonly rules?: readonly string[];
  /**
   * Ids of rules to apply besides, of those that have to be asked for: `KP-30`.
   *
   * @default - none
   */
  readonly also?: readonly string[];
}

/** What was found, and in how much. */
export interface Report {
  /** By resource, in the order of the templates; errors of a resource first. */
  readonly findings: readonly Finding[];
  readonly checked: { readonly templates: number; readonly keys: number; readonly statements: number };
  /** What also decides on AWS, and that no template tells. */
  readonly notModelled: readonly string[];
}
