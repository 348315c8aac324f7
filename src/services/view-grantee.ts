import { Stack } from 'aws-cdk-lib';
import { CompositePrincipal, PrincipalWithConditions, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IGrantable, IPrincipal } from 'aws-cdk-lib/aws-iam';
import { ViaServicePrincipal } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { readable } from '../policy/conditions';
import type { Conditions } from '../policy/permission';
import { granteeOf } from '../policy/principals';

/** Somebody whom a construct lets use a key, as far as a service view needs to know. */
export interface ViewGrantee {
  /** What messages call it. */
  readonly label: string;
  /** Whom to authorize: what was inside a ViaServicePrincipal, which only repeats what the view says anyway. */
  readonly grantee: IGrantable;
  readonly wrapped: boolean;
  /** The accounts the calls will come from, where they are known; nobody else's calls are meant. */
  readonly accounts: readonly string[];
  /** Whether IAM policies of an account decide who it is; conditions of its own may narrow that. */
  readonly wholeAccount: boolean;
  /** Whether conditions of its own say who it is (an organization), so that no one account can be asked for. */
  readonly anyone: boolean;
  /** The service principal it is, if it is one: `logging.s3.amazonaws.com`. */
  readonly service?: string;
  /** Conditions of its own. */
  readonly conditions: Conditions;
  /** The same service principal under another name, with the conditions it came with. */
  as(service: string): IGrantable;
}

/** Reads whomever a grant is for: the parts of a composite one by one, as services and the rest need statements of their own. Throws as `viewGranteeOf` does. */
export function viewGranteesOf(grantable: IGrantable, scope: Construct): ViewGrantee[] {
  const wrapped = isWrapped(grantable);
  const parts = partsOf(wrapped ? unwrap(grantable.grantPrincipal, scope) : grantable);
  return parts.map((part) => readGrantee(part, scope, wrapped));
}

/** Reads a grantee that is one. Throws, with the way out, where it is nobody that a key policy can name. */
export function viewGranteeOf(grantable: IGrantable, scope: Construct): ViewGrantee {
  const wrapped = isWrapped(grantable);
  return readGrantee(wrapped ? unwrap(grantable.grantPrincipal, scope) : grantable, scope, wrapped);
}

function readGrantee(grantee: IGrantable, scope: Construct, wrapped: boolean): ViewGrantee {
  const { names, conditions, label } = granteeOf(grantee, scope);
  const [name] = names;
  return {
    label,
    grantee,
    wrapped,
    accounts: [...new Set(names.flatMap((each) => ('account' in each && each.account !== undefined ? [each.account] : [])))],
    wholeAccount: name.kind === 'existing' && name.wholeAccount && !Object.keys(conditions).length,
    anyone: name.kind === 'anyone',
    service: name.kind === 'service' ? readable(Stack.of(scope).resolve(name.service)) : undefined,
    conditions,
    as: (service) => new ServicePrincipal(service, { conditions: { ...conditions } }),
  };
}

function isWrapped(grantable: IGrantable | null | undefined): boolean {
  return grantable !== undefined && grantable !== null && viaServiceOf(grantable.grantPrincipal) !== undefined;
}

/** A ViaServicePrincipal, alone or for one account of callers, which the view says as well. */
function viaServiceOf(principal: IPrincipal): IPrincipal | undefined {
  if (principal instanceof ViaServicePrincipal) return principal;
  if (!(principal instanceof PrincipalWithConditions)) return undefined;
  const keys = Object.values(principal.conditions as Readonly<Record<string, object>>).flatMap((of) => Object.keys(of));
  const { wrapped } = principal as unknown as { readonly wrapped?: IPrincipal };
  return wrapped instanceof ViaServicePrincipal && keys.every((key) => /^kms:(CallerAccount|ViaService)$/.test(key)) ? wrapped : undefined;
}

/** The principals that a composite is of, each under the conditions of the whole. */
function partsOf(grantable: IGrantable): IGrantable[] {
  const principal = (grantable as IGrantable | null | undefined)?.grantPrincipal;
  if (principal instanceof CompositePrincipal) return principal.principals.flatMap(partsOf);
  if (!(principal instanceof PrincipalWithConditions)) return [grantable];
  const { wrapped } = principal as unknown as { readonly wrapped?: IPrincipal };
  if (!(wrapped instanceof CompositePrincipal)) return [grantable];
  return partsOf(wrapped).map((part) => new PrincipalWithConditions(part.grantPrincipal, principal.conditions));
}

/** ViaServicePrincipal keeps whom it wraps in a private member, and offers no other way to it. */
function unwrap(principal: IPrincipal, scope: Construct): IPrincipal {
  const { basePrincipal } = viaServiceOf(principal) as unknown as { readonly basePrincipal?: IPrincipal };
  if (!basePrincipal) throw new Error(`this version of aws-cdk-lib hides whom a ViaServicePrincipal is for: grant on '${scope.node.path}' to the role itself`);
  return basePrincipal;
}
