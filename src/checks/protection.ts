import { binds } from './bounds';
import { identityPoliciesOf } from './identity-policies';
import type { KeySubject } from './key-subject';
import type { Scope } from './scope';
import { conditionOf } from './statement-view';
import { Pattern } from '../authz/pattern';
import type { TemplateKey } from '../template';

/** Keys and aliases that need more care than others: those of `protectedKeys`, and aliases that permissions depend on. */

/** What people call a key: by its ARN, id, alias, logical id, `Stack.LogicalId` or construct path. */
export function namesOfKey({ arn, keyId, aliases = [], stack, logicalId, path }: TemplateKey): readonly string[] {
  const called = aliases.flatMap((alias) => [alias, alias.replace(/^alias\//, '')]);
  return [arn, keyId, ...called, logicalId, `${stack}.${logicalId}`, ...path === undefined ? [] : [path, path.replace(/\/Resource$/, '')]];
}

/** Whether a key is one of those that are to be protected. */
export function isProtected({ key }: KeySubject, { options: { protectedKeys = [] } }: Scope): boolean {
  return protectedKeys.length > 0 && namesOfKey(key).some((name) => protectedKeys.includes(name));
}

/** The aliases of a key that are not to be moved: of a protected key all; else those that a condition of some policy asks for. */
export function protectedAliases(key: KeySubject, scope: Scope): readonly string[] {
  const { aliases = [] } = key.key;
  if (aliases.length === 0 || isProtected(key, scope)) return aliases;
  const asked = askedFor(scope);
  return aliases.filter((alias) => asked.some((pattern) => pattern.matches(alias, () => undefined) === 'yes'));
}

const BY_ALIAS = ['kms:resourcealiases', 'kms:requestalias'];
const known = new WeakMap<Scope, readonly Pattern[]>();

/** The aliases that policies of the templates let in by: whoever moves one moves the permissions (KMS Developer Guide, "Use aliases to control access to KMS keys"). */
function askedFor(scope: Scope): readonly Pattern[] {
  let patterns = known.get(scope);
  if (!patterns) {
    const ofIdentities = identityPoliciesOf(scope).flatMap(({ statements }) => statements.flatMap(({ conditions }) => conditions.map(conditionOf)));
    const ofKeys = scope.keys.flatMap(({ statements }) => statements.flatMap(({ conditions }) => conditions));
    patterns = [...ofIdentities, ...ofKeys].filter((condition) => BY_ALIAS.includes(condition.lowerKey) && binds(condition))
      .flatMap(({ test, values }) => values.map((value) => new Pattern(value, { wildcards: test === 'StringLike', variables: true })));
    known.set(scope, patterns);
  }
  return patterns;
}
