import { keyRule } from '../rule';

export const ALLOW_NOT_PRINCIPAL = keyRule({
  id: 'KP-02',
  name: 'AllowNotPrincipal',
  level: 'error',
  title: 'An Allow names the principals that it lets in, never those it does not.',
  why: 'Allow with NotPrincipal is meant to let in everybody else, of every account, and AWS does not support it: what KMS makes of such a statement is not documented '
    + '(IAM User Guide, "NotPrincipal").',
  fix: 'Name the principals in Principal. For exceptions add a Deny with ArnNotEquals aws:PrincipalArn.',
  controls: { securityHub: ['KMS.5'], nist: ['AC-6'], pci: ['7.2.2'] },
}, (key) => key.statements
  .filter(({ effect, notPrincipal }) => effect === 'Allow' && notPrincipal)
  .map(({ name }) => key.problem('allows with NotPrincipal, which names those who are not let in', { statement: name, cause: `everybody ${name}` })));
