import { KmsException } from './exceptions';

/** What a denial says of its reason: as much as KMS tells, never more. */
export interface Denial {
  readonly principal: string;
  /** Without the prefix. */
  readonly action: string;
  /** ARN; absent where the ciphertext alone names the key, or there is none. */
  readonly resource?: string;
  readonly ciphertext?: boolean;
  readonly cause: string;
}

/**
 * AccessDeniedException as KMS words it. Someone from another account learns only that it did not work: not whether the
 * key exists, nor which policy was missing (KMS Developer Guide, "Troubleshooting key access").
 */
export function accessDenied({ principal, action, resource, ciphertext, cause }: Denial): KmsException {
  const target = ciphertext ? 'the resource associated with this ciphertext' : `resource: ${resource ?? '*'}`;
  return new KmsException('AccessDeniedException', `User: ${principal} is not authorized to perform: kms:${action} on ${target} ${because(cause, action)}`);
}

function because(cause: string, action: string): string {
  if (cause === 'not visible') {
    return 'because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access';
  }
  if (cause.startsWith('deny in ')) return `with an explicit ${cause}`;
  return `because ${cause} allows the kms:${action} action`;
}
