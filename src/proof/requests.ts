import { grantOperationsOf, properName } from './condition-key-values';
import type { KmsRequest } from '../authz';

/** What one condition key, or one pair of the encryption context, brings into a request. */
export interface Part {
  /** Values by condition key, in lower case; an empty list says that the request does not carry it. */
  readonly keys?: Readonly<Record<string, readonly string[]>>;
  readonly pairs?: Readonly<Record<string, string>>;
}

const VIA = 'kms:viaservice';
const ALIAS = 'kms:requestalias';
const OPERATIONS = 'kms:grantoperations';
const CONSTRAINT_TYPE = 'kms:grantconstrainttype';
const CONSTRAINT_SOURCE = 'kms:grantconstraintsourcearn';
const VIA_SERVICE = 'aws:viaawsservice';
const EPOCH = 'aws:epochtime';

/** Names that follow from another one, which says it better. */
const SAME: Readonly<Record<string, string>> = { [EPOCH]: 'aws:currenttime', [VIA_SERVICE]: VIA };

/** The condition key that a request is given for another one. */
export function sayingKey(name: string): string {
  return SAME[name] ?? name;
}

/** A request with its parts. */
export function requestWith(base: KmsRequest, parts: readonly Part[]): KmsRequest {
  const keys: Record<string, readonly string[]> = {};
  const pairs: Record<string, string> = {};
  for (const part of parts) {
    for (const [name, values] of Object.entries(part.keys ?? {})) keys[name] = [...keys[name] ?? [], ...values];
    Object.assign(pairs, part.pairs);
  }
  const { [VIA]: via, [ALIAS]: alias, [OPERATIONS]: operations, [CONSTRAINT_TYPE]: type, [CONSTRAINT_SOURCE]: source, ...rest } = keys;
  const stated = Object.entries(rest).map(([name, values]) => [properName(name), values.length === 1 ? values[0] : values] as const);
  const context = Object.keys(pairs).length > 0;
  const constraints = {
    ...(context || type?.length ? { [type?.[0] ?? 'EncryptionContextSubset']: pairs } : {}),
    ...(source?.length ? { SourceArn: source[0] } : {}),
  };
  const grant = () => ({
    operations: operations ?? grantOperationsOf(base.key!).slice(0, 1),
    ...(Object.keys(constraints).length > 0 ? { constraints } : {}),
  });
  return {
    ...base,
    ...(via?.length ? { viaService: via[0] } : {}),
    ...(alias?.length ? { requestedKeyId: alias[0] } : {}),
    ...(base.action === 'kms:CreateGrant' ? { requestedGrant: grant() } : context ? { encryptionContext: pairs } : {}),
    ...(stated.length > 0 ? { conditionKeys: Object.fromEntries(stated) } : {}),
  };
}
