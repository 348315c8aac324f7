import { keyRule } from '../rule';
import { someOf } from '../words';

export const ALLOW_NOT_ACTION = keyRule({
  id: 'KP-03',
  name: 'AllowNotAction',
  level: 'error',
  title: 'An Allow lists the actions that it allows, never those it does not.',
  why: 'NotAction in an Allow gives every other action, also those that KMS will have one day (IAM User Guide, "NotAction"). Written to keep back one action, it gives '
    + 'PutKeyPolicy and CreateGrant, which give that one too.',
  fix: 'List the actions in Action.',
  controls: { nist: ['AC-6'], pci: ['7.2.2'] },
}, (key) => key.statements.filter(({ effect, notAction, inert }) => effect === 'Allow' && notAction && !inert).map((statement) => {
  const { name, actions, written, who } = statement;
  return key.problem(`allows with NotAction all but ${someOf(written)}, which comes to ${actions.size} actions`, {
    statement: name,
    fix: `List the actions in Action: ${someOf([...actions], 12)}.`,
    // IAM policies of the account still decide on each of them.
    level: who.every((one) => key.isRoot(one)) ? 'warning' : 'error',
  });
}));
