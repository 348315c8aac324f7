import { allowsNothingNew } from '../../proof';
import { replicasOf } from '../replicas';
import type { Rule } from '../rule';

export const REPLICA_POLICY_WIDER: Rule = {
  id: 'KP-32',
  name: 'ReplicaPolicyWider',
  level: 'error',
  title: 'A replica lets in nobody whom its primary does not let in.',
  why: 'A replica has the key material of its primary: what one of them encrypted, whoever uses the other decrypts (KMS Developer Guide, "Multi-Region keys", "Security '
    + 'considerations"). It is proved for all requests; the Region’s own services and deployer count as the same.',
  fix: 'Take the statement out of the replica’s policy, or give both keys one policy.',
  controls: { securityHub: ['KMS.5'], nist: ['AC-6', 'CM-2'], pci: ['7.2.1'] },
  find: (scope) => replicasOf(scope).flatMap(({ key, primary, own, ofPrimary }) => {
    const { verdict, counterexample, because, withoutIam = false } = allowsNothingNew(ofPrimary, own);
    if (verdict === 'holds') return [];
    if (!counterexample) return [key.problem(`may let in more than its primary ${primary.name}: ${because ?? 'that cannot be ruled out'}`)];
    const { key: _, ...request } = counterexample.request;
    const statement = counterexample.decision.decidedBy.find(({ kind }) => kind === 'key policy')?.statement;
    return [key.problem(`${verdict === 'fails' ? 'lets' : 'may let'} ${request.principal} ${request.action}${withoutIam ? ' without an IAM policy' : ''}, which its primary ${primary.name} does not`, {
      request, ...statement === undefined ? {} : { statement },
    })];
  }),
};
