import type { Scope } from './scope';
import { expand } from './statement-view';
import { readPolicy } from '../authz';
import { statementsOf } from '../spec/policy-grammar';
import type { TemplateIdentity } from '../template';

/** What a role of the templates may do with keys of the templates. */
export interface KeyRole {
  readonly role: TemplateIdentity;
  /** Of decryption and signing. */
  readonly uses: readonly string[];
}

const WATCHED = ['kms:Decrypt', 'kms:Sign', 'kms:GenerateMac', 'kms:DeriveSharedSecret'];

/** The roles that decrypt or sign: by name in a key policy, or by an IAM policy that names a key which leaves it to IAM. */
export function keyRoles(scope: Scope): readonly KeyRole[] {
  const delegating = scope.keys.filter((key) => key.allows.some(({ who, actions }) =>
    WATCHED.some((action) => actions.has(action)) && who.some((one) => key.isRoot(one))));
  const arns = new Set(delegating.map(({ key }) => key.arn));
  const named = new Map<string, Set<string>>();
  for (const key of scope.keys) {
    for (const [name, statements] of key.named) {
      const uses = WATCHED.filter((action) => statements.some(({ actions }) => actions.has(action)));
      named.set(name, new Set([...named.get(name) ?? [], ...uses]));
    }
  }
  return scope.deployment.identities.filter(({ type }) => type === 'AWS::IAM::Role').flatMap((role) => {
    const byPolicy = role.policies.flatMap(({ document }) => readPolicy(document, 'iam policy').statements)
      .filter(({ effect, resources }) => effect === 'Allow' && resources?.names.some((name) => arns.has(name)))
      .flatMap(({ actions }) => actions?.names.flatMap(expand) ?? []);
    const uses = WATCHED.filter((action) => named.get(role.arn)?.has(action) === true || byPolicy.includes(action));
    return uses.length === 0 ? [] : [{ role, uses }];
  });
}

/** One principal of a trust policy that is no service. */
export interface Truster {
  readonly text: string;
  /** `*` for everybody; absent where it is not told by one. */
  readonly account?: string;
  /** Whether it is more than one identity. */
  readonly wide: boolean;
}

/** Whom a statement of a trust policy lets in, services aside. */
export function trustedBy(document: unknown, index: number): readonly Truster[] {
  const principal = (statementsOf(document)[index] as { Principal?: unknown } | undefined)?.Principal;
  if (principal === '*') return [{ text: 'everybody', account: '*', wide: true }];
  return Object.entries(Object(principal) as Record<string, unknown>)
    .flatMap(([kind, values]) => (Array.isArray(values) ? values : [values]).flatMap((value: unknown) => trusterOf(kind, value)));
}

function trusterOf(kind: string, value: unknown): Truster[] {
  if (typeof value !== 'string' || kind === 'Service') return [];
  if (value === '*') return [{ text: 'everybody', account: '*', wide: true }];
  if (kind === 'Federated') return [{ text: `whomever ${value} vouches for`, wide: true }];
  const account = /^\d{12}$/.test(value) ? value : value.split(':')[4];
  const isRoot = value === account || value.endsWith(':root');
  const text = isRoot ? `the whole account ${account}` : value;
  return [{ text, ...account !== undefined && /^\d{12}$/.test(account) ? { account } : {}, wide: isRoot }];
}
