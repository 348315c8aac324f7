import { ALLOW_NOT_PRINCIPAL } from './kp-02-allow-not-principal';
import { ALLOW_NOT_ACTION } from './kp-03-allow-not-action';
import { IAM_USER_PRINCIPAL } from './kp-07-iam-user-principal';
import type { Rule } from '../rule';

/** Every rule, by number. */
export const RULES: readonly Rule[] = [
  ALLOW_NOT_PRINCIPAL,
  ALLOW_NOT_ACTION,
  IAM_USER_PRINCIPAL,
];
