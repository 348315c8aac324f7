/** Values of one condition key; a string may hold CDK tokens. */
export type ConditionValue = string | readonly string[];

/** The `Condition` element of a policy statement: operator → condition key → value or values. All must hold. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, ConditionValue>>>>;

/**
 * What somebody is to be allowed on a key. Where it is written (key policy, identity policy or both) and how the
 * grantee is named there follow from the key's account access.
 */
export interface Permission {
  /** Name of the statement in decisions and reports: letters and digits. Permissions that agree but for the grantee share one statement. */
  readonly sid: string;
  /** `kms:…`, spelled out: no wildcards. */
  readonly actions: readonly string[];
  readonly conditions?: Conditions;
  /**
   * What is asked besides of calls that no service makes: the encryption context's contract, and that `kms:ViaService` is absent. Left out for a
   * service, and for a grantee bound to one: both bring a context of their own.
   */
  readonly direct?: Conditions;
  /** Whether a service may be let in that nothing binds to anybody's resources: constructs of CDK let some in so. Synthesis tells then what that means. */
  readonly allowsUnbound?: (service: string) => boolean;
  /** Whether a view of the key asks for it, for the resources that were given the view. */
  readonly byView?: boolean;
  /** Whether calls that a service makes for the grantee are meant as well: what a construct of CDK grants that was given the key itself. */
  readonly throughServices?: () => boolean;
  /** Whether synthesis warns where a service is let in for every resource of a type, of a statement of a view: one of them could be named later. */
  readonly warnsOfEverySource?: () => boolean;
  /** Whether it is written at all, where only synthesis knows. Not asked while CDK looks for references. */
  readonly when?: () => boolean;
}
