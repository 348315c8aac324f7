import { POLICY_UNDECIDABLE } from './kp-00-policy-undecidable';
import { PUBLIC_PRINCIPAL } from './kp-01-public-principal';
import { ALLOW_NOT_PRINCIPAL } from './kp-02-allow-not-principal';
import { ALLOW_NOT_ACTION } from './kp-03-allow-not-action';
import { ACTION_GLOB } from './kp-04-action-glob';
import { FOREIGN_PRINCIPAL } from './kp-05-foreign-principal';
import { FOREIGN_ROOT_DELEGATION } from './kp-06-foreign-root-delegation';
import { IAM_USER_PRINCIPAL } from './kp-07-iam-user-principal';
import { ADMIN_CAN_USE } from './kp-08-admin-can-use';
import { SELF_ESCALATION } from './kp-09-self-escalation';
import { GRANT_NOT_FOR_AWS_RESOURCE } from './kp-10-grant-not-for-aws-resource';
import { ENCRYPT_ONLY_CAN_RE_ENCRYPT_FROM } from './kp-11-encrypt-only-can-re-encrypt-from';
import { CONTEXT_NOT_REQUIRED } from './kp-12-context-not-required';
import { CONTEXT_FOR_ALL_VALUES_TRAP } from './kp-13-context-for-all-values-trap';
import { CONTEXT_FOR_ANY_OPEN } from './kp-14-context-for-any-open';
import { CONTEXT_WILDCARD } from './kp-15-context-wildcard';
import { IF_EXISTS_OPENS } from './kp-16-if-exists-opens';
import { WILDCARD_WITHOUT_LIKE } from './kp-17-wildcard-without-like';
import { DEAD_STATEMENT } from './kp-18-dead-statement';
import { SERVICE_WITHOUT_SOURCE } from './kp-19-service-without-source';
import { VIA_SERVICE_UNBOUND } from './kp-20-via-service-unbound';
import { NO_ADMINISTRATOR } from './kp-21-no-administrator';
import { BYPASS_LOCKOUT_CHECK } from './kp-22-bypass-lockout-check';
import { DESTRUCTIVE_BY_USER } from './kp-23-destructive-by-user';
import { ROTATION_OFF } from './kp-24-rotation-off';
import { WEAK_OR_MISMATCHED_SPEC } from './kp-25-weak-or-mismatched-spec';
import { SHORT_DELETION_WINDOW } from './kp-26-short-deletion-window';
import { IDENTITY_DECRYPT_ALL } from './kp-27-identity-decrypt-all';
import { NO_DELETION_ALARM } from './kp-28-no-deletion-alarm';
import { REPLICA_POLICY_DRIFT } from './kp-29-replica-policy-drift';
import { ENCLAVE_BYPASS } from './kp-30-enclave-bypass';
import { SERVICE_CANNOT_USE_KEY } from './kp-31-service-cannot-use-key';
import { REPLICA_POLICY_WIDER } from './kp-32-replica-policy-wider';
import { TRUST_WIDER_THAN_SERVICE } from './kp-33-trust-wider-than-service';
import { SHARED_ROLE } from './kp-34-shared-role';
import { POLICY_REFUSED } from './kp-35-policy-refused';
import type { Rule } from '../rule';

/** Every rule, by number. */
export const RULES: readonly Rule[] = [
  POLICY_UNDECIDABLE,
  PUBLIC_PRINCIPAL,
  ALLOW_NOT_PRINCIPAL,
  ALLOW_NOT_ACTION,
  ACTION_GLOB,
  FOREIGN_PRINCIPAL,
  FOREIGN_ROOT_DELEGATION,
  IAM_USER_PRINCIPAL,
  ADMIN_CAN_USE,
  SELF_ESCALATION,
  GRANT_NOT_FOR_AWS_RESOURCE,
  ENCRYPT_ONLY_CAN_RE_ENCRYPT_FROM,
  CONTEXT_NOT_REQUIRED,
  CONTEXT_FOR_ALL_VALUES_TRAP,
  CONTEXT_FOR_ANY_OPEN,
  CONTEXT_WILDCARD,
  IF_EXISTS_OPENS,
  WILDCARD_WITHOUT_LIKE,
  DEAD_STATEMENT,
  SERVICE_WITHOUT_SOURCE,
  VIA_SERVICE_UNBOUND,
  NO_ADMINISTRATOR,
  BYPASS_LOCKOUT_CHECK,
  DESTRUCTIVE_BY_USER,
  ROTATION_OFF,
  WEAK_OR_MISMATCHED_SPEC,
  SHORT_DELETION_WINDOW,
  IDENTITY_DECRYPT_ALL,
  NO_DELETION_ALARM,
  REPLICA_POLICY_DRIFT,
  ENCLAVE_BYPASS,
  SERVICE_CANNOT_USE_KEY,
  REPLICA_POLICY_WIDER,
  TRUST_WIDER_THAN_SERVICE,
  SHARED_ROLE,
  POLICY_REFUSED,
];
