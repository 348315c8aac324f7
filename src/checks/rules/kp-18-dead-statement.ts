import { deadStatements } from '../../proof';
import { isUnknownDocument } from '../../template';
import { keyRule } from '../rule';
import { someOf } from '../words';

export const DEAD_STATEMENT = keyRule({
  id: 'KP-18',
  name: 'DeadStatement',
  level: 'error',
  title: 'Every statement of a key policy, and every action that it names, can match a request.',
  why: 'A condition key that requests for an action never carry, a misspelt one, a usage that the key does not have: an Allow that never allows fails at run time, and a Deny that '
    + 'never denies protects nothing (KMS Developer Guide, "AWS KMS condition keys"). A warning where other actions of the statement live, as in the page of CloudWatch Logs.',
  fix: 'Move these actions into a statement with conditions that their requests can meet, or take them out.',
  controls: { nist: ['AC-3'] },
}, (key) => {
  if (key.refused !== undefined || isUnknownDocument(key.key.policy)) return [];
  return deadStatements({ key: key.key, world: { identities: [] } }).map(({ statement, effect, actions, entirely, because }) => {
    const verb = effect === 'Allow' ? 'allows' : 'denies';
    const seen = entirely ? `${verb} nothing: ${because}` : `${verb} nothing of ${someOf(actions)}: ${because}`;
    return key.problem(seen, { statement, ...entirely ? {} : { level: 'warning' } });
  });
});
