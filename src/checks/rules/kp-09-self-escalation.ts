import { boundsGrants, causeOf, direct, holds, holdersOf, POWERS, unconditioned } from '../duties';
import { keyRule } from '../rule';
import { expand } from '../statement-view';
import { someOf } from '../words';

export const SELF_ESCALATION = keyRule({
  id: 'KP-09',
  name: 'SelfEscalation',
  level: 'error',
  title: 'Whoever uses a key cannot give further uses of it, to others or to themselves.',
  why: 'kms:CreateGrant without bounds gives any use of the key to anybody, and kms:ReplicateKey makes a key of the same material with a policy of one’s own (KMS Developer '
    + 'Guide, "Grants in AWS KMS", "Multi-Region keys"). kms:Create* and kms:Put* contain CreateGrant and PutKeyPolicy.',
  fix: 'Take kms:CreateGrant and kms:ReplicateKey from those who use the key, or bound the grants by kms:GrantIsForAWSResource.',
  controls: { nist: ['AC-5', 'AC-6(1)'], pci: ['7.2.2'] },
}, (key) => [
  ...holdersOf(key).flatMap((holders) => {
    const use = holds(key, holders, POWERS, direct);
    if (!use || holds(key, holders, ['kms:PutKeyPolicy'], unconditioned)) return [];
    const ways = ['kms:CreateGrant', ...key.key.multiRegion === true ? ['kms:ReplicateKey'] : []];
    const way = holds(key, holders, ways, (statement) => !boundsGrants(statement) && direct(statement));
    if (!way) return [];
    return [key.problem(`lets ${someOf(holders.names)}, who may ${use.action}, also ${way.action} without bounds`, { statement: way.statement.name, cause: causeOf(holders.names) })];
  }),
  ...key.allows.flatMap((statement) => {
    const globs = statement.written.filter((pattern) => /^kms:(create|put)\*$/i.test(pattern));
    const names = statement.who.flatMap((who) => (who.kind === 'identity' ? [who.text] : []));
    if (globs.length === 0 || names.length === 0) return [];
    return [key.problem(`gives ${someOf(names)} ${someOf(globs)}, and with ${globs.length === 1 ? 'it' : 'them'} ${someOf(globs.flatMap(expand).filter((action) => action !== 'kms:CreateAlias'))}`, {
      statement: statement.name, level: 'warning', cause: causeOf(names), fix: 'Write kms:CreateAlias for kms:Create*, and kms:PutKeyPolicy, for those who may have it, for kms:Put*.',
    })];
  }),
]);
