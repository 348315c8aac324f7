import { decide } from '../../authz';
import type { KmsRequest } from '../../authz';
import { requiresContext, viaServices } from '../bounds';
import { contractsOf } from '../contracts';
import type { KeySubject } from '../key-subject';
import type { Problem } from '../rule';
import { keyRule } from '../rule';
import { whoInWords } from '../statement-view';
import type { StatementView, Who } from '../statement-view';
import { someOf } from '../words';

const BOUND = ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

export const CONTEXT_NOT_REQUIRED = keyRule({
  id: 'KP-12',
  name: 'ContextNotRequired',
  level: 'error',
  title: 'A symmetric key is used under an encryption context that its policy asks for.',
  why: 'The context binds a ciphertext to what it is for: without one in the policy, whoever decrypts for one tenant decrypts for all (KMS Developer Guide, "Encryption context", '
    + '"kms:EncryptionContext"). An error where a function carries a contract of cdk-keysmith for the key and the policy does not hold it; else one warning a key. Services that '
    + 'come through kms:ViaService send contexts of their own.',
  fix: 'Ask for the pair: { "StringEquals": { "kms:EncryptionContext:<key>": "<value>" } }; in cdk-keysmith, contextKeys or encryptionContext.',
  controls: { nist: ['AC-3(7)', 'SC-28(1)'], pci: ['3.5.1'] },
}, (key, scope) => {
  if (!key.isSymmetric || key.key.usage !== 'ENCRYPT_DECRYPT') return [];
  const open = key.allows.filter((statement) => isOpen(key, statement));
  if (open.length === 0) return [];
  const contract = contractsOf(scope).get(key.key.arn);
  if (contract !== undefined) {
    const broken = open.flatMap((statement) => withoutContract(key, statement));
    if (broken.length > 0) return broken.map((problem) => ({ ...problem, seen: `${problem.seen}, and ${contract.holder} keeps a contract with ${someOf(contract.keys)} in it` }));
  }
  const delegating = open.filter(({ who }) => who.every((one) => key.isRoot(one)));
  const direct = open.filter((statement) => !delegating.includes(statement));
  const [first] = direct.length > 0 ? direct : delegating;
  const seen = direct.length > 0
    ? `lets ${someOf([...new Set(direct.flatMap(({ who }) => who.flatMap((one) => (one.kind === 'service' ? [] : whoInWords(one) ?? []))))])} use the key without an encryption context`
    : 'leaves all use of the key to IAM policies of the account, with any encryption context or none';
  const others = [...direct.slice(1), ...direct.length > 0 ? delegating : []].map(({ name }) => `'${name}'`);
  return [key.problem(`${seen}${others.length > 0 ? `, as ${others.length === 1 ? 'does statement' : 'do statements'} ${someOf(others)}` : ''}`, {
    statement: first.name,
    level: 'warning',
    ...direct.length > 0 ? {} : { fix: 'Delegate the administration only, and name the roles that use the key; in cdk-keysmith, AccountAccess.ADMINISTRATION_ONLY.' },
  })];
});

/** Whether identities may use the key by a statement without a context, and not through a service. */
function isOpen(key: KeySubject, statement: StatementView): boolean {
  if (statement.notPrincipal || requiresContext(statement) || viaServices(statement).length > 0) return false;
  const actions = BOUND.filter((action) => statement.actions.has(action));
  return statement.who.some((who) => {
    if (who.kind === 'service' || who.kind === 'nobody') return false;
    const principal = callerOf(key, who);
    return actions.some((action) => principal === undefined || !isDenied(key, { principal, action }));
  });
}

/** Whether a Deny of the policy keeps the caller from it for certain. */
function isDenied({ key }: KeySubject, request: Omit<KmsRequest, 'key'>): boolean {
  try {
    return decide({ identities: [] }, { ...request, key }, { bound: 'perhaps' }).outcome === 'ExplicitlyDenied';
  } catch {
    return false;
  }
}

/** A caller whom a statement names; undefined where that is nobody in particular. */
function callerOf(key: KeySubject, who: Who): string | undefined {
  if (who.kind === 'identity') return who.text;
  return key.isRoot(who) ? `arn:${key.key.arn.split(':')[1]}:iam::${key.key.account}:root` : undefined;
}

/** Who may do it without a context for certain: a Deny may keep the contract where an Allow does not. */
function withoutContract(key: KeySubject, statement: StatementView): Problem[] {
  const action = BOUND.find((one) => statement.actions.has(one))!;
  return statement.who.flatMap((who) => {
    const principal = callerOf(key, who);
    if (principal === undefined) return [];
    const request = { principal, action, conditionKeys: { 'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT' } };
    return decide({ identities: [] }, { ...request, key: key.key }).allowed ? [key.problem(`lets ${principal} ${action} without an encryption context`, { statement: statement.name, level: 'error', request })] : [];
  });
}
