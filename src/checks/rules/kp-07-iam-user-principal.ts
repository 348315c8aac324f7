import { keyRule } from '../rule';
import { someOf } from '../words';

export const IAM_USER_PRINCIPAL = keyRule({
  id: 'KP-07',
  name: 'IamUserPrincipal',
  level: 'warning',
  title: 'A key policy lets in roles, not IAM users.',
  why: 'Users sign with access keys that live until somebody deletes them: "require human users to use federation" and "workloads to use temporary credentials" '
    + '(IAM User Guide, "Security best practices").',
  fix: 'Name a role that the user takes on.',
  controls: { nist: ['IA-5'], pci: ['8.6'] },
}, (key) => key.allows.flatMap((statement) => {
  const users = statement.who.filter((who) => who.kind === 'identity' && who.user).map((who) => (who as { text: string }).text);
  return users.length === 0 ? [] : [key.problem(`lets in ${users.length === 1 ? 'the IAM user' : 'the IAM users'} ${someOf(users)}`, { statement: statement.name })];
}));
