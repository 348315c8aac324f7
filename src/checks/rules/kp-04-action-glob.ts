import { USE } from '../../spec/actions';
import { keyRule } from '../rule';
import { expand } from '../statement-view';
import { someOf } from '../words';

const OPENING = ['kms:Decrypt', 'kms:ReEncryptFrom', 'kms:Decapsulate', 'kms:DeriveSharedSecret'];
const CLOSING = ['kms:Encrypt', 'kms:ReEncryptTo', 'kms:Encapsulate'];

export const ACTION_GLOB = keyRule({
  id: 'KP-04',
  name: 'ActionGlob',
  level: 'warning',
  title: 'A wildcard in an action stays within one duty.',
  why: 'kms:*, or a pattern that reaches from using a key to managing it, or from encrypting to decrypting, gives more than one duty needs, and with each action that KMS '
    + 'adds it gives more. The account itself may have kms:*: its IAM policies decide then (KMS Developer Guide, "Default key policy").',
  fix: 'List the actions that are needed.',
  controls: { nist: ['AC-6'], pci: ['3.6.1.2', '7.2.2'] },
}, (key) => key.allows.filter(({ who, notAction }) => !notAction && who.some((one) => !key.isRoot(one) && one.kind !== 'nobody')).flatMap((statement) => {
  const broad = statement.written.filter(crosses);
  if (broad.length === 0) return [];
  const actions = [...new Set(broad.flatMap(expand))];
  const [named] = statement.who.filter((one) => one.kind === 'identity');
  return [key.problem(`allows ${someOf(broad)}, which is ${actions.length} actions: ${someOf(actions, 6)}`, {
    statement: statement.name,
    ...statement.who.some(({ kind }) => kind === 'anyone') ? { cause: `everybody ${statement.name}` } : named && 'text' in named ? { cause: `powers of ${named.text}` } : {},
  })];
}));

function crosses(pattern: string): boolean {
  if (!/[*?]/.test(pattern) || /^kms:reencrypt\*$/i.test(pattern)) return false;
  const actions = expand(pattern);
  const used = actions.filter((action) => action in USE);
  if (used.length > 0 && used.length < actions.length) return true;
  return used.some((action) => OPENING.includes(action)) && used.some((action) => CLOSING.includes(action));
}
