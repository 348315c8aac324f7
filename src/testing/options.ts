import type { KeyDefinition } from './engine';
import type { LocalPrincipal } from './principals';
import type { LocalRequest } from './requests';
import type { PolicyDocument } from '../authz/types';
import type { Deployment, ReadOptions } from '../template/types';

/** A key for those who have no template. */
export interface LocalKey extends Omit<KeyDefinition, 'policy'> {
  /** @default - what CreateKey gives: the account decides through IAM policies */
  readonly policy?: PolicyDocument;
  /** Aliases, `alias/…`. */
  readonly aliases?: readonly string[];
}

/** What a local KMS knows, and where it listens. */
export interface LocalKmsOptions {
  /** A CloudFormation template, or the path of one in JSON. */
  readonly template?: object | string;
  /** The directory of a cloud assembly, `cdk.out`: all its stacks. */
  readonly assembly?: string;
  /**
   * What was read already.
   *
   * @internal
   */
  readonly deployment?: Deployment;
  /** Keys besides those of the templates. */
  readonly keys?: readonly LocalKey[];
  /**
   * Roles and users besides those of the templates, or more about those: policies, boundary, tags, organization. A role or user without
   * any policy is enough as its ARN.
   *
   * @default - the role CloudFormation deploys with, where the assembly names it: as `deployer`, with AdministratorAccess
   */
  readonly principals?: readonly (LocalPrincipal | string)[];
  /**
   * Account of stacks and keys that name none.
   *
   * @default '111122223333', the account of AWS's own examples
   */
  readonly account?: string;
  /**
   * Region of stacks and keys that name none, and of clients that ask for no other.
   *
   * @default - of the first key that a template defines, else 'us-east-1'
   */
  readonly region?: string;
  /** Values of template parameters, by name or by `Stack:Name`. */
  readonly parameters?: ReadOptions['parameters'];
  /** Values of exports that no template given here makes, by name. */
  readonly exports?: ReadOptions['exports'];
  /** Port on 127.0.0.1. @default 0, any that is free */
  readonly port?: number;
  /**
   * What time it is: for key rotation, deletion dates and the age of signatures.
   *
   * @default - the system's clock
   */
  readonly clock?: () => Date;
  /**
   * Told of each request when it has ended, with the decision on it. What it throws becomes a warning of the process: the caller of KMS has no part in it.
   *
   * @default - requests are in `requests` only
   */
  readonly onRequest?: (request: LocalRequest) => void;
}

/** One session of a principal, and where it calls. */
export interface SessionOptions {
  /** Region of the endpoint it calls. @default - the local KMS's */
  readonly region?: string;
  /** Name of the role's session. @default 'local' */
  readonly sessionName?: string;
  /**
   * Condition keys of network and login: `aws:SourceIp`, `aws:SourceVpce`, `aws:MultiFactorAuthPresent` … An empty list: the requests carry no such
   * key. Of what nobody tells nothing is taken for granted: without a word about MFA a role's session is denied by a Deny on it, and gets no Allow.
   */
  readonly conditionKeys?: Readonly<Record<string, string | readonly string[]>>;
}
