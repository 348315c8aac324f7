/** What `KeyAccess` of `cdk-keysmith` answers. */
export interface KeyAccessAnswer {
  readonly holds: boolean;
  readonly undecidable: boolean;
  readonly message: string;
}

/** A test framework, as far as matchers ask it: jest's and vitest's `this`. */
export interface MatcherState {
  /** Whether it was written `expect(…).not`. */
  readonly isNot?: boolean;
}

/** What a matcher says: that of jest and vitest. */
export interface MatcherAnswer {
  readonly pass: boolean;
  message(): string;
}

/**
 * The matchers as types, to extend those of a test framework with:
 *
 * ```ts
 * declare global { namespace jest { interface Matchers<R> extends KeyAccessMatchers<R> {} } } // jest
 * declare module 'vitest' { interface Matchers<T = any> extends KeyAccessMatchers<T> {} }     // vitest
 * ```
 */
export interface KeyAccessMatchers<R = unknown> {
  /**
   * Nobody but the principals can do it, and each of them can.
   *
   * @param action `kms:Decrypt`, or a pattern, `kms:GenerateDataKey*`
   * @param principals grantees of CDK, or ARNs
   */
  onlyAllows(action: string, ...principals: readonly unknown[]): R;
  /**
   * Whoever uses the key gives this pair of the encryption context.
   *
   * @param name of the pair
   * @param options its value, the actions that it is asked of, and whether of direct calls only
   */
  requiresContext(name: string, options?: { readonly value?: string; readonly actions?: readonly string[]; readonly directOnly?: boolean }): R;
  /** No principal of another account can do anything with the key. */
  allowsNobodyOutside(...accounts: readonly string[]): R;
  /**
   * The request is allowed for certain.
   *
   * @param request principal, action, and what else it carries
   */
  allows(request: {
    readonly principal: string;
    readonly action: string;
    readonly encryptionContext?: Readonly<Record<string, string>>;
    readonly viaService?: string;
    readonly conditionKeys?: Readonly<Record<string, readonly string[]>>;
    readonly anyIamPolicies?: boolean;
  }): R;
}

type Claim = keyof KeyAccessMatchers;
/** A matcher as `expect.extend` takes it. */
export type KeyAccessMatcher = (this: MatcherState | void, access: unknown, ...given: readonly unknown[]) => MatcherAnswer;

/**
 * Matchers for `expect.extend` of jest, vitest and whatever else takes such: `expect(KeyAccess.fromTemplate(template)).onlyAllows('kms:Decrypt', reader)`.
 * What a template does not tell fails a matcher, and its opposite (`.not`) as well. Nothing of CDK is loaded.
 */
export const keyAccessMatchers: Readonly<Record<keyof KeyAccessMatchers, KeyAccessMatcher>> = {
  onlyAllows: matcher('onlyAllows'),
  requiresContext: matcher('requiresContext'),
  allowsNobodyOutside: matcher('allowsNobodyOutside'),
  allows: matcher('allows'),
};

function matcher(claim: Claim): KeyAccessMatcher {
  return function (this: MatcherState | void, access, ...given) {
    const claims = Object(access) as Partial<Record<Claim, (...args: readonly unknown[]) => KeyAccessAnswer>>;
    if (typeof claims[claim] !== 'function') throw new TypeError(`expect(…).${claim} takes a KeyAccess of cdk-keysmith, got ${access === null ? 'null' : typeof access}`);
    const { holds, undecidable, message } = claims[claim](...given);
    // Who writes `.not` wants it shown that the claim does not hold: that it cannot be decided is no such thing.
    return { pass: undecidable ? this?.isNot === true : holds, message: () => message };
  };
}
