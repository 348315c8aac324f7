import { allowsNothingNew } from '../../proof';
import { replicasOf } from '../replicas';
import type { Rule } from '../rule';

export const REPLICA_POLICY_DRIFT: Rule = {
  id: 'KP-29',
  name: 'ReplicaPolicyDrift',
  level: 'warning',
  title: 'A replica lets in whom its primary lets in.',
  why: 'Key policies are no shared property of multi-Region keys: who fails over to the replica’s Region is denied there (KMS Developer Guide, "Multi-Region keys", "Shared '
    + 'properties").',
  fix: 'Give the replica the policy of the primary.',
  controls: { nist: ['CP-9', 'CM-2'] },
  find: (scope) => replicasOf(scope).flatMap(({ key, primary, own, ofPrimary }) => {
    const { verdict, counterexample, withoutIam = false } = allowsNothingNew(own, ofPrimary);
    if (verdict !== 'fails' || !counterexample) return [];
    const { principal, action } = counterexample.request;
    const by = counterexample.decision.decidedBy.find(({ kind }) => kind === 'key policy')?.statement;
    return [key.problem(`does not let ${principal} ${action}${withoutIam ? ' without an IAM policy' : ''}, as statement '${by ?? ''}' of its primary ${primary.name} does`)];
  }),
};
