import { Stack, Token } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IGrantable, IPrincipal } from 'aws-cdk-lib/aws-iam';
import { ViaServicePrincipal } from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';

/** Somebody whom a construct lets use a key, as far as a service view needs to know. */
export interface ServiceCaller {
  /** Whom to authorize: what was inside a ViaServicePrincipal, which only repeats what the view says anyway. */
  readonly grantee: IGrantable;
  readonly wrapped: boolean;
  /** The account the calls will come from; undefined if that is the key's, or not known. */
  readonly account?: string;
  readonly wholeAccount: boolean;
  /** Whether conditions of its own say who it is (an organization), so that no one account can be asked for. */
  readonly anyone: boolean;
  /** The service principal it is, if it is one: `logging.s3.amazonaws.com`. */
  readonly service?: string;
  /** The same service principal under another name, with the conditions it came with. */
  as(service: string): IGrantable;
}

/** Reads a grantee. */
export function callerOf(grantable: IGrantable, scope: IConstruct): ServiceCaller {
  const wrapped = grantable.grantPrincipal instanceof ViaServicePrincipal;
  const grantee = wrapped ? unwrap(grantable.grantPrincipal) : grantable;
  const principal = grantee.grantPrincipal;
  const { principalJson, conditions } = principal.policyFragment;
  const [service] = principalJson.Service ?? [];
  const [name] = principalJson.AWS ?? [];
  const text = name === undefined ? '' : JSON.stringify(Stack.of(scope).resolve(name));
  return {
    grantee,
    wrapped,
    account: principal.principalAccount ?? /:(?:iam|sts)::(\d{12}):/.exec(text)?.[1] ?? /^"(\d{12})"$/.exec(text)?.[1],
    wholeAccount: /^"\d{12}"$|:root"[\]}]*$/.test(text),
    anyone: (name === '*' || 'LiteralString' in principalJson) && Object.keys(conditions).length > 0,
    service: service === undefined ? undefined : String(Token.isUnresolved(service) ? Stack.of(scope).resolve(service) : service),
    as: (other) => new ServicePrincipal(other, { conditions }),
  };
}

/** ViaServicePrincipal keeps whom it wraps in a private member, and offers no other way to it. */
function unwrap(principal: IPrincipal): IPrincipal {
  const { basePrincipal } = principal as unknown as { readonly basePrincipal?: IPrincipal };
  if (!basePrincipal) throw new Error('this version of aws-cdk-lib hides whom a ViaServicePrincipal is for: grant to the role itself');
  return basePrincipal;
}
